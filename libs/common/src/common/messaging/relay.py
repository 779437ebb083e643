"""Outbox to broker: the fast path right after a commit, and the sweep for what it missed.

A row leaves the outbox only after the broker confirmed its message. Publishing twice is harmless
(inboxes know the event id), so deleting rows need not wait for the disk.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from aiormq.abc import AbstractChannel, AbstractConnection
from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.database.ledger import leave_outbox
from common.database.schema import Carried
from common.database.work import Announced
from common.messaging.connection import SET_UP_SECONDS_MAX, connected, publish
from common.messaging.pack import pack
from common.messaging.rebuilding import rebuild_for_ever
from common.messaging.topology import EXCHANGE, declare_exchange
from common.telemetry.metrics import Metrics

OFFERED_MAX = 20_000  # what is beyond waits for the sweep; memory stays bounded
ROUND_EVENTS_MAX = 2_000
SWEEP_SECONDS = 1.0
SWEEP_AGE = timedelta(seconds=2)
SWEEP_ROWS = 500

log = structlog.get_logger()


@dataclass
class Relay:
    """Publishes what this process committed at once and, where it sweeps, what others left."""

    engine: AsyncEngine
    tables: Carried
    amqp_url: str
    metrics: Metrics
    sweeps: bool
    _offered: deque[Announced] = field(default_factory=lambda: deque(maxlen=OFFERED_MAX))
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _connected: bool = False

    def __post_init__(self) -> None:
        self._leave_outbox = leave_outbox(self.tables)

    def offer(self, announced: Iterable[Announced]) -> None:
        """Hand over what was just committed; never waits and never fails."""
        events = tuple(announced)
        if self._connected and events:
            self._offered.extend(events)
            self._idle.clear()
            self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled; any trouble with the broker throws the connection away."""
        await rebuild_for_ever(self._session, what="relay")

    async def flush(self) -> None:
        """Wait until everything offered has been tried once."""
        if self._connected:
            await self._idle.wait()

    async def _session(self) -> None:
        async with connected(self.amqp_url) as connection:
            async with asyncio.timeout(SET_UP_SECONDS_MAX):
                channel = await connection.channel(publisher_confirms=True)
                await declare_exchange(channel)
            self._connected = True
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._publish_offered(channel))
                    tasks.create_task(_until_closed(connection, channel))
                    if self.sweeps:
                        tasks.create_task(self._sweep(channel))
            finally:
                self._connected = False
                self._offered.clear()
                self._idle.set()

    async def _publish_offered(self, channel: AbstractChannel) -> None:
        while True:
            if not self._offered:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            count = min(len(self._offered), ROUND_EVENTS_MAX)
            confirmed = await self._publish(
                channel, [self._offered.popleft() for _ in range(count)]
            )
            async with self.engine.begin() as connection:
                await connection.execute(text("set local synchronous_commit = off"))
                await self._mark(connection, confirmed)

    async def _publish(self, channel: AbstractChannel, events: Sequence[Announced]) -> list[UUID]:
        """Publish the events in packs; return the ids of those confirmed.

        Raises:
            ConnectionError: none was confirmed.
        """
        packs = list(pack(events))
        outcomes = await publish(
            channel, [message for message, _ in packs], exchange=EXCHANGE, routing_key=None
        )
        confirmed: list[UUID] = []
        for (message, some), ok in zip(packs, outcomes, strict=True):
            if ok:
                confirmed += [event.event_id for event in some]
                self.metrics.published(message.type, len(some))
            else:
                self.metrics.publish_failed(message.type, len(some))
        if events and not confirmed:  # a connection may be dead long before the client says so
            raise ConnectionError("The broker confirmed nothing.")
        return confirmed

    async def _mark(self, connection: AsyncConnection, event_ids: Sequence[UUID]) -> None:
        if event_ids:
            await connection.execute(self._leave_outbox, {"event_ids": list(event_ids)})

    async def _sweep(self, channel: AbstractChannel) -> None:
        while True:
            while await self._sweep_once(channel) == SWEEP_ROWS:
                pass
            await self._measure_lag()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep_once(self, channel: AbstractChannel) -> int:
        """Publish rows that nobody confirmed in time; other sweepers skip what this one holds."""
        outbox, event_log = self.tables.outbox, self.tables.event_log
        overdue = (
            select(
                event_log.c.event_id,
                event_log.c.type,
                event_log.c.order_id,
                cast(event_log.c.body, Text).label("body"),
            )
            .join_from(outbox, event_log, outbox.c.event_id == event_log.c.event_id)
            .where(outbox.c.created_at < func.now() - SWEEP_AGE)
            .order_by(outbox.c.created_at)
            .limit(SWEEP_ROWS)
            .with_for_update(of=outbox, skip_locked=True)
        )
        async with self.engine.begin() as connection:
            rows = (await connection.execute(overdue)).all()
            events = [Announced(r.event_id, r.type, r.order_id, r.body) for r in rows]
            if events:
                confirmed = await self._publish(channel, events)
                await self._mark(connection, confirmed)
                self.metrics.swept(len(confirmed))
                log.info("outbox.swept", events=len(events), confirmed=len(confirmed))
        return len(events)

    async def _measure_lag(self) -> None:
        outbox = self.tables.outbox
        oldest = func.coalesce(func.extract("epoch", func.now() - func.min(outbox.c.created_at)), 0)
        async with self.engine.connect() as connection:
            lag, waiting = (await connection.execute(select(oldest, func.count()))).one()
        self.metrics.outbox(lag_seconds=float(lag), waiting=waiting)


async def _until_closed(connection: AbstractConnection, channel: AbstractChannel) -> None:
    closing = [connection.closing, channel.closing]
    await asyncio.wait(closing, return_when=asyncio.FIRST_COMPLETED)
    raise ConnectionError("The broker closed the connection or the channel.")
