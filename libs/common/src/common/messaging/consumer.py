"""From queue to handlers and back: batches, outcomes, acknowledgement.

Order of things, and why: commit, then publish what failed to where it belongs (confirmed), then
acknowledge. A crash anywhere before the last step means redelivery, which the inbox makes harmless.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from pamqp.commands import Basic

from common.clock import monotonic_seconds, utc_now
from common.database.engine import answers
from common.errors import Unavailable
from common.messaging.batch import BatchHandler, Item, Settled, body_of
from common.messaging.connection import SET_UP_SECONDS_MAX, connected, deliver_to
from common.messaging.outcome import Done, Park, Retry, name_of
from common.messaging.pack import Outgoing, Pack, read, single, split
from common.messaging.rebuilding import outlast, rebuild_for_ever
from common.messaging.relay import Relay
from common.messaging.suspects import DELIVERIES_SUSPECT, TRIES_MAX, Suspects
from common.messaging.topology import ServiceQueues, declare_exchange, declare_queues
from common.messaging.watch import Progress, watch
from common.telemetry.metrics import Metrics

BATCH_EVENTS_MAX = 200
BATCH_WAIT_SECONDS = 0.01
PREFETCH_MESSAGES = 200
CANCEL_SECONDS_MAX = 5
FINISH_SECONDS_MAX = 10

log = structlog.get_logger()


@dataclass
class Consumer:
    queues: ServiceQueues
    handler: BatchHandler
    relay: Relay
    amqp_url: str
    metrics: Metrics
    alive: bool = False
    """True while the broker knows this consumer: what readiness means."""
    _waiting: deque[Pack] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._suspects = Suspects(self.handler.works.engine, self.handler.works.tables)

    async def run(self) -> None:
        """Consume until stopped."""
        await rebuild_for_ever(self._session, what="consumer")

    def stop(self) -> None:
        """Take nothing new; finish, acknowledge and close what is in hand."""
        self._stopping.set()
        self._arrived.set()

    async def _session(self) -> None:
        await self._suspects.strike()
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
                await declare_queues(channel, self.queues.all())
                await channel.basic_qos(prefetch_count=PREFETCH_MESSAGES)
            try:
                await self._consume(consuming, channel, outgoing)
            finally:
                self._set_alive(alive=False)

    async def _consume(
        self, consuming: AbstractConnection, channel: AbstractChannel, outgoing: AbstractChannel
    ) -> None:
        async with asyncio.timeout(SET_UP_SECONDS_MAX):
            consuming_ok = await channel.basic_consume(self.queues.main.name, self._receive)
        tag = str(consuming_ok.consumer_tag)
        self._set_alive(alive=True)
        progress = Progress(at=monotonic_seconds())
        async with asyncio.TaskGroup() as tasks:
            measuring = await consuming.channel(publisher_confirms=False)
            watching = tasks.create_task(watch(self.queues, measuring, progress, self.metrics))
            losing = tasks.create_task(self._until_lost(consuming, channel, outgoing, tag))
            leaving = tasks.create_task(self._leave(channel, tag))
            await self._work_off(channel, outgoing, progress)
            for task in (watching, losing, leaving):
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
        while packs := await self._next_batch():
            progress.in_hand = sum(pack.events for pack in packs)
            self.metrics.in_hand(progress.in_hand + sum(pack.events for pack in self._waiting))
            progress.events_per_message = progress.in_hand / len(packs)
            await self._settle_all(packs, outgoing)
            await channel.basic_ack(packs[-1].delivery_tag, multiple=True, wait=False)
            progress.advance(monotonic_seconds())

    async def _next_batch(self) -> list[Pack]:
        """Wait for a message, then take what came within a moment, up to a batch of events."""
        while not self._waiting:
            if self._left.is_set():
                return []
            self._arrived.clear()
            await self._arrived.wait()
        some = sum(pack.events for pack in self._waiting) < BATCH_EVENTS_MAX
        if some and not self._left.is_set():
            await asyncio.sleep(BATCH_WAIT_SECONDS)
        batch = [self._waiting.popleft()]
        events = batch[0].events
        while self._waiting and events + self._waiting[0].events <= BATCH_EVENTS_MAX:
            batch.append(self._waiting.popleft())
            events += batch[-1].events
        return batch

    async def _settle_all(self, packs: Sequence[Pack], outgoing: AbstractChannel) -> None:
        ordinary = [p for p in packs if p.deliveries < DELIVERIES_SUSPECT]
        if ordinary:
            await self._settle(self.handler.read(ordinary), outgoing)
        for pack in packs:
            if pack.deliveries >= DELIVERIES_SUSPECT:
                await self._settle_suspect(pack, outgoing)

    async def _settle(self, items: Sequence[Item], outgoing: AbstractChannel) -> None:
        started = monotonic_seconds()
        settled = await outlast(lambda: self.handler.handle(items), self._stopping)
        self.relay.offer(settled.announced)
        await self._send_on(settled, outgoing)
        self._count(items, settled, monotonic_seconds() - started)

    async def _settle_suspect(self, pack: Pack, outgoing: AbstractChannel) -> None:
        """Handle a pack redelivered too often: in pieces, then alone under a counted try."""
        if pack.events > 1:
            try:
                pieces = [single(pack.type, body, attempt=pack.attempt) for body in split(pack)]
            except (ValueError, RecursionError):
                await self._settle(self.handler.read([pack]), outgoing)
            else:
                await deliver_to(outgoing, self.queues.main.name, pieces)
                self.metrics.settled(pack.type, "split", pack.events)
            return
        for item in self.handler.read([pack]):
            await self._try_alone(item, outgoing)

    async def _try_alone(self, item: Item, outgoing: AbstractChannel) -> None:
        if item.message is None:
            await self._settle([item], outgoing)
            return
        event_id, suspects = item.message.event_id, self._suspects
        tries = await outlast(lambda: suspects.tries(event_id), self._stopping)
        if tries >= TRIES_MAX:
            reason = f"ended its process {tries} times"
            await self._send_on(Settled(outcomes=[(item, Park(reason))]), outgoing)
            self.metrics.settled(item.pack.type, "parked")
        else:
            await outlast(lambda: suspects.begin(event_id, tries + 1), self._stopping)
            async with suspects.trying(event_id):
                await self._settle([item], outgoing)
        await outlast(lambda: suspects.acquit(event_id), self._stopping)

    async def _send_on(self, settled: Settled, outgoing: AbstractChannel) -> None:
        """Publish what failed to its rung or the parking lot, before anything is acknowledged."""
        destinations: dict[str, list[Outgoing]] = {}
        for item, outcome in settled.outcomes:
            if not isinstance(outcome, Done):
                queue, message = self._onward(item, outcome)
                destinations.setdefault(queue, []).append(message)
        for queue, messages in destinations.items():
            await deliver_to(outgoing, queue, messages)

    def _onward(self, item: Item, outcome: Retry | Park) -> tuple[str, Outgoing]:
        pack = item.pack
        event_id = str(item.message.event_id) if item.message else None
        log.warning(
            "event.failed",
            type=pack.type,
            event_id=event_id,
            outcome=name_of(outcome),
            reason=outcome.reason,
        )
        match outcome:
            case Retry(rung, reason):
                again = single(pack.type, body_of(item), attempt=rung + 1, reason=reason)
                return self.queues.ladder[rung].name, again
            case Park(reason):
                body = item.body if item.body is not None else body_of(item)
                at = utc_now().isoformat(timespec="seconds")
                parked = single(pack.type, body, attempt=pack.attempt, reason=reason, parked_at=at)
                return self.queues.parked.name, parked

    def _count(self, items: Sequence[Item], settled: Settled, seconds: float) -> None:
        for item, outcome in settled.outcomes:
            self.metrics.settled(item.pack.type, name_of(outcome))
        times = [item.message.occurred_at for item in items if item.message]
        self.metrics.batch(len(items), min(times, default=None), utc_now())
        self.metrics.handled_in({item.pack.type for item in items}, seconds)

    def _set_alive(self, *, alive: bool) -> None:
        self.alive = alive
        self.metrics.consuming(alive=alive)
