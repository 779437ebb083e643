"""Brings packs to their end: handled, or sent on to where their outcome takes them.

Whoever gives packs here may acknowledge them afterwards; a crash before that means that they come
again, which the inbox makes harmless.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from aiormq.abc import AbstractChannel

from common.clock import monotonic_seconds, utc_now
from common.database.whereabouts import note_aside
from common.messaging.batch import BatchHandler, Item, Settled, body_of
from common.messaging.connection import deliver_to
from common.messaging.ledger.asides import asides
from common.messaging.outcome import Done, Park, Retry, name_of
from common.messaging.pack import Outgoing, Pack, single, split
from common.messaging.rebuilding import outlast
from common.messaging.relay import Relay
from common.messaging.suspects import DELIVERIES_SUSPECT, TRIES_MAX, Suspects
from common.messaging.topology import ServiceQueues
from common.messaging.watch import Progress
from common.telemetry.metrics import Metrics

BATCH_EVENTS_MAX = 200

log = structlog.get_logger()


@dataclass
class Settling:
    queues: ServiceQueues
    handler: BatchHandler
    relay: Relay
    metrics: Metrics
    stopping: asyncio.Event
    batch_events_max: int = BATCH_EVENTS_MAX
    """A pack that holds more is handled in parts, each in a transaction of its own."""
    suspects: Suspects = field(init=False)

    def __post_init__(self) -> None:
        self.suspects = Suspects(self.handler.works.engine, self.handler.works.tables)

    async def settle(
        self, packs: Sequence[Pack], outgoing: AbstractChannel, progress: Progress
    ) -> None:
        """Bring every event of the packs to its end, the suspects among them one by one."""
        items = self.handler.read(p for p in packs if p.deliveries < DELIVERIES_SUSPECT)
        for start in range(0, len(items), self.batch_events_max):
            some = items[start : start + self.batch_events_max]
            await self._settle(some, outgoing)
            progress.settle(len(some), monotonic_seconds())
        for pack in packs:
            if pack.deliveries >= DELIVERIES_SUSPECT:
                await self._settle_suspect(pack, outgoing)
                progress.settle(pack.events, monotonic_seconds())

    async def _settle(self, items: Sequence[Item], outgoing: AbstractChannel) -> None:
        started = monotonic_seconds()
        settled = await outlast(lambda: self.handler.handle(items), self.stopping)
        self.relay.offer(settled.announced)
        await self._send_on(settled, outgoing)
        seconds = monotonic_seconds() - started
        self.metrics.busy(seconds)
        self._count(items, settled, seconds)

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
        event_id, suspects = item.message.event_id, self.suspects
        tries = await outlast(lambda: suspects.tries(event_id), self.stopping)
        if tries >= TRIES_MAX:
            reason = f"ended its process {tries} times"
            await self._send_on(Settled(outcomes=[(item, Park(reason))]), outgoing)
            self.metrics.settled(item.pack.type, "parked")
        else:
            await outlast(lambda: suspects.begin(event_id, tries + 1), self.stopping)
            async with suspects.trying(event_id):
                await self._settle([item], outgoing)
        await outlast(lambda: suspects.acquit(event_id), self.stopping)

    async def _send_on(self, settled: Settled, outgoing: AbstractChannel) -> None:
        """Publish what failed to its rung or the parking lot, before anything is acknowledged."""
        destinations: dict[str, list[Outgoing]] = {}
        for item, outcome in settled.outcomes:
            if not isinstance(outcome, Done):
                queue, message = self._onward(item, outcome)
                destinations.setdefault(queue, []).append(message)
        for queue, messages in destinations.items():
            await deliver_to(outgoing, queue, messages)
        if away := asides(self.queues, settled.outcomes, utc_now()):
            works = self.handler.works
            await outlast(lambda: note_aside(works.engine, works.tables, away), self.stopping)

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
