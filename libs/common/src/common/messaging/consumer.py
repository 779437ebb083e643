"""From queue to handlers and back: batches, outcomes, acknowledgement.

Order of things, and why: commit, then publish what failed to where it belongs (confirmed), then
acknowledge. A crash anywhere before the last step means redelivery, which the inbox makes harmless.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from pamqp.commands import Basic

from common.clock import monotonic_seconds
from common.database.engine import answers
from common.errors import Unavailable
from common.messaging.batch import BatchHandler
from common.messaging.connection import SET_UP_SECONDS_MAX, connected
from common.messaging.ledger.answering import Respondent, apart
from common.messaging.pack import Pack, read
from common.messaging.rebuilding import outlast, rebuild_for_ever
from common.messaging.recovery.course import QUEUE_EMPTY_EVENTS, Course, Policy, pack_of
from common.messaging.relay import Relay
from common.messaging.settling import BATCH_EVENTS_MAX, Settling
from common.messaging.topology import ServiceQueues, declare_exchange, declare_queues
from common.messaging.watch import Progress, watch
from common.telemetry.metrics import Metrics

MOVED_EVENTS_MAX = 1_000
BATCH_WAIT_SECONDS = 0.01
PREFETCH_MESSAGES = 200
CANCEL_SECONDS_MAX = 5
FINISH_SECONDS_MAX = 10
LOOK_SECONDS = 0.2  # how long an idle consumer waits before it looks into the backlog again
BACKLOG_SECONDS_MAX = 1.0  # how long moving may keep the backlog waiting


@dataclass
class Consumer:
    queues: ServiceQueues
    handler: BatchHandler
    relay: Relay
    amqp_url: str
    metrics: Metrics
    policy: Policy = field(default_factory=Policy)
    batch_events_max: int = BATCH_EVENTS_MAX
    publishers: Collection[str] = ()
    """Whom to tell when a queue of this service is lost."""
    alive: bool = False
    """True while the broker knows this consumer: what readiness means."""
    _waiting: deque[Pack] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._settling = Settling(
            self.queues, self.handler, self.relay, self.metrics, self._stopping
        )
        self._settling.batch_events_max = self.batch_events_max
        self._course = Course(self.handler.works, self.metrics, self.policy, self._arrived.set)
        self._types = frozenset(self.handler.subscriptions)
        works = self.handler.works
        self._respondent = Respondent(
            self.queues, works.engine, works.tables, self.publishers, self._stopping
        )

    async def run(self) -> None:
        """Consume until stopped."""
        await rebuild_for_ever(self._session, what="consumer")

    def stop(self) -> None:
        """Take nothing new; finish, acknowledge and close what is in hand."""
        self._stopping.set()
        self._arrived.set()

    async def _session(self) -> None:
        await self._settling.suspects.strike()
        if self._stopping.is_set():
            return
        # A consumer without its database would only raise the delivery counts of what it holds.
        if not await answers(self.handler.works.engine):
            raise Unavailable("The database is away.")
        self._waiting.clear()
        async with connected(self.amqp_url) as consuming, connected(self.amqp_url) as publishing:
            async with asyncio.timeout(SET_UP_SECONDS_MAX):
                channel = await consuming.channel(publisher_confirms=False)
                outgoing = await publishing.channel(publisher_confirms=True)
                await declare_exchange(channel)
                lost = await self._respondent.note_lost(consuming)
                await declare_queues(channel, self.queues.all())
                await self._respondent.tell_lost(outgoing, lost)
                await channel.basic_qos(prefetch_count=PREFETCH_MESSAGES)
            try:
                await self._consume(consuming, channel, outgoing)
            finally:
                self._set_alive(alive=False)

    async def _consume(
        self, consuming: AbstractConnection, channel: AbstractChannel, outgoing: AbstractChannel
    ) -> None:
        await self._course.look()  # before the first message comes, not a second later
        async with asyncio.timeout(SET_UP_SECONDS_MAX):
            consuming_ok = await channel.basic_consume(self.queues.main.name, self._receive)
        tag = str(consuming_ok.consumer_tag)
        self._set_alive(alive=True)
        progress = Progress(at=monotonic_seconds())
        async with asyncio.TaskGroup() as tasks:
            measuring = await consuming.channel(publisher_confirms=False)
            beside = [
                tasks.create_task(watch(self.queues, measuring, progress, self.metrics)),
                tasks.create_task(self._course.follow(progress)),
                tasks.create_task(self._until_lost(consuming, channel, outgoing, tag)),
                tasks.create_task(self._leave(channel, tag)),
            ]
            await self._work_off(channel, outgoing, progress)
            for task in beside:
                task.cancel()

    async def _leave(self, channel: AbstractChannel, tag: str) -> None:
        """Once stopping: take nothing new, and leave time for what was taken already.

        What is given back counts as delivered, so only what cannot be done in time is given back.
        """
        await self._stopping.wait()
        async with asyncio.timeout(CANCEL_SECONDS_MAX):
            await channel.basic_cancel(tag)
        self._left.set()
        self._arrived.set()
        await asyncio.sleep(FINISH_SECONDS_MAX)
        self._waiting.clear()

    async def _receive(self, message: DeliveredMessage) -> None:
        self._waiting.append(read(message))
        self._arrived.set()

    async def _until_lost(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        outgoing: AbstractChannel,
        tag: str,
    ) -> None:
        """Raise as soon as connection, channel or consumer is gone: a silent one helps nobody."""
        cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_cancel(frame: Basic.Cancel) -> None:
            if frame.consumer_tag == tag and not cancelled.done():
                cancelled.set_result(None)

        channel.on_consumer_cancel_callbacks.add(on_cancel)
        closing = [connection.closing, channel.closing, outgoing.closing, cancelled]
        await asyncio.wait(closing, return_when=asyncio.FIRST_COMPLETED)
        raise ConnectionError("The broker closed the connection, the channel or the consumer.")

    async def _work_off(
        self, channel: AbstractChannel, outgoing: AbstractChannel, progress: Progress
    ) -> None:
        """Work off queue and backlog, by turns, until told to leave and nothing is in hand."""
        looked = monotonic_seconds()
        while self._waiting or not self._left.is_set():
            if packs := await self._next_packs():
                self.metrics.in_hand(progress.take(packs, self._waiting))
                await self._take(packs, outgoing, progress)
                await channel.basic_ack(packs[-1].delivery_tag, multiple=True, wait=False)
                progress.advance(monotonic_seconds())
            if not self._course.active or self._left.is_set():
                continue
            deep = self._waiting or progress.waiting >= QUEUE_EMPTY_EVENTS
            long_ago = monotonic_seconds() - looked > BACKLOG_SECONDS_MAX
            if self._course.moves and deep and not long_ago:
                await self._wait_a_moment()
            else:
                await self._take_from_backlog(outgoing, progress)
                looked = monotonic_seconds()

    async def _take(self, packs: list[Pack], outgoing: AbstractChannel, progress: Progress) -> None:
        """Settle what was taken from the queue or, during a recovery, move it."""
        inquiries, events = apart(packs)
        rest, course = events, self._course
        if course.moves and events and not self._left.is_set():
            rest = await outlast(lambda: course.move(events, self._types), self._stopping)
        if rest:
            await self._settling.settle(rest, outgoing, progress)
        await self._respondent.answer(inquiries, outgoing)

    async def _take_from_backlog(self, outgoing: AbstractChannel, progress: Progress) -> None:
        """Settle the next of the backlog; without any, wait a moment for something to come."""
        # As with the queue: without the database it holds on to what it has, and to the broker.
        course = self._course
        claimed = await outlast(course.claim, self._stopping)
        if not claimed:
            await self._wait_a_moment()
            return
        began = monotonic_seconds()  # waiting for other claimers makes no batch smaller
        await self._settling.settle([pack_of(one) for one in claimed], outgoing, progress)
        seconds = monotonic_seconds() - began
        await outlast(lambda: course.settled(claimed, seconds), self._stopping)

    async def _wait_a_moment(self) -> None:
        """Wait for a message, but not for long."""
        if not self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._arrived.wait()

    async def _next_packs(self) -> list[Pack]:
        """Take what came within a moment, up to a batch; wait for it unless there is a backlog."""
        while not self._waiting:
            if self._left.is_set() or self._course.active:
                self._arrived.clear()
                return []
            self._arrived.clear()
            await self._arrived.wait()
        most = MOVED_EVENTS_MAX if self._course.moves else self.batch_events_max
        some = sum(pack.events for pack in self._waiting) < most
        if some and not self._left.is_set():
            await asyncio.sleep(BATCH_WAIT_SECONDS)
        batch = [self._waiting.popleft()]
        events = batch[0].events
        while self._waiting and events + self._waiting[0].events <= most:
            batch.append(self._waiting.popleft())
            events += batch[-1].events
        return batch

    def _set_alive(self, *, alive: bool) -> None:
        self.alive = alive
        self.metrics.consuming(alive=alive)
