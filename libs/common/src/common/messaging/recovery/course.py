"""The course a consumer takes: queue or backlog, as the service's recovery stands."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from common.clock import monotonic_seconds, utc_now
from common.database import backlog, recovery
from common.database.backlog import Claimed, Order
from common.database.operations import SYSTEM
from common.database.recovery import Standing
from common.database.work import WorkFactory
from common.messaging.pack import Pack
from common.messaging.recovery.moving import movable
from common.messaging.recovery.trend import Limits, Measure, Trend
from common.messaging.watch import Progress
from common.settings import ServiceSettings
from common.telemetry.metrics import Metrics

FOLLOW_SECONDS = 1.0
BATCH_SECONDS = 1.0  # about as long as one batch from the backlog shall take
BATCH_ORDERS_MAX = 200
QUEUE_EMPTY_EVENTS = 200
QUIET_LOOKS = 3  # so many in a row before it ends by itself
_STATES = {"off": 0, "on": 1, "finishing": 2}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the environment says about recoveries."""

    automatic: bool = True
    limits: Limits = field(default_factory=Limits)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Where the merchant's day begins at midnight."""


def policy_of(settings: ServiceSettings) -> Policy:
    limits = Limits(drain_seconds=settings.recovery_drain_seconds)
    return Policy(settings.recovery_automatic, limits, settings.business_timezone)


@dataclass
class Course:
    """Follows the state in the database, and does what it asks of this consumer."""

    works: WorkFactory
    metrics: Metrics
    policy: Policy
    changed: Callable[[], None]
    """Called when the state changed: whoever waits for messages should look again."""
    _standing: Standing | None = None
    _waiting: int = 0
    _quiet: int = 0
    _event_seconds: float = 0.05  # a guess on the slow side: the first claim is a small one

    @property
    def moves(self) -> bool:
        """Whether what arrives goes into the backlog."""
        return self._standing is not None and self._standing.state == "on"

    @property
    def active(self) -> bool:
        """Whether the backlog is worked off."""
        return self._standing is not None and self._standing.state != "off"

    async def look(self) -> None:
        """Find out how things stand."""
        before = self._standing
        async with self.works.engine.connect() as connection:
            self._standing = await recovery.standing(connection, self.works.tables)
            empty = await backlog.is_empty(connection, self.works.tables)
            self._waiting = 0 if empty else await backlog.depth(connection, self.works.tables)
        self.metrics.backlog("backlog", self._waiting)
        self.metrics.recovering(_STATES[self._standing.state])
        if before is None or before.state != self._standing.state:
            log.info("recovery.state", state=self._standing.state, waiting=self._waiting)
            self.changed()

    async def follow(self, progress: Progress) -> None:
        """Keep up with the state, begin and end recoveries, and measure, until cancelled."""
        trend = Trend(self.policy.limits)
        while True:
            try:
                await self.look()
                await self._end(progress)
                await self._judge(progress, trend)
            except Exception as error:  # noqa: BLE001 - others say so too, and end the session
                log.warning("recovery.unknown", error=type(error).__name__)
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _end(self, progress: Progress) -> None:
        if self._waiting and not self.active:  # nothing does this but a hand in the database
            await self._finish_what_is_left()
        self._quiet = self._quiet + 1 if self._is_quiet(progress) else 0
        # What consumers have in hand is in neither of the two; it shows up within a moment.
        if self._quiet < QUIET_LOOKS:
            return
        self._quiet = 0
        if self.moves:
            async with self.works.begin() as work:
                await recovery.stop(work, self.works.tables, by=SYSTEM)
        elif await recovery.end_if_empty(self.works):
            log.info("recovery.ended")

    def _is_quiet(self, progress: Progress) -> bool:
        """Tell whether no more is left than a healthy service has in hand; after a stop: nothing.

        While orders keep coming, a backlog through which all of them go is never quite empty.
        """
        if not self.moves:
            return self.active and not self._waiting
        most = max(progress.waiting, self._waiting)
        return progress.measured and most < QUEUE_EMPTY_EVENTS

    async def _finish_what_is_left(self) -> None:
        async with self.works.begin() as work:
            await recovery.start(work, self.works.tables, by=SYSTEM, reason="left over")
            await recovery.stop(work, self.works.tables, by=SYSTEM)

    async def _judge(self, progress: Progress, trend: Trend) -> None:
        if not progress.measured:
            return
        waiting = progress.waiting + self._waiting
        if not waiting:
            trend.restart()
        at = monotonic_seconds()
        trend.note(Measure(at, waiting, progress.settled, progress.consumers))
        self.metrics.drains_in(trend.drain_seconds())
        if self.policy.automatic and not self.active and trend.is_overdue():
            await self._begin(trend)

    async def _begin(self, trend: Trend) -> None:
        reason = f"predicted drain time {trend.drain_seconds():.0f} s"
        order = {"newest_first": True, "today_first": True}
        async with self.works.begin() as work:
            began = await recovery.start(work, self.works.tables, by=SYSTEM, reason=reason, **order)
        if began:
            log.warning("recovery.started", by=SYSTEM, reason=reason)

    async def move(self, packs: list[Pack], types: frozenset[str]) -> list[Pack]:
        """Put events into the backlog; return the packs that have to be settled now instead."""
        moved, rest = movable(packs, types)
        if not moved:
            return packs
        if not await backlog.move(self.works.engine, self.works.tables, moved):
            self._standing = None  # it ended meanwhile; asked again within a second
            return packs
        self.metrics.recovered("moved", len(moved))
        return rest

    async def claim(self) -> list[Claimed]:
        """Take the next orders' events, as many as are handled in about a second."""
        if self._standing is None:
            return []
        size = min(max(int(BATCH_SECONDS / self._event_seconds), 1), BATCH_ORDERS_MAX)
        order = Order(self._standing.newest_first, self._today())
        return await backlog.claim(self.works.engine, self.works.tables, order, orders_max=size)

    async def settled(self, claimed: list[Claimed], seconds: float) -> None:
        """Take them out of the backlog; they came to their end in so many seconds."""
        ids = [one.event_id for one in claimed]
        await backlog.remove(self.works.engine, self.works.tables, ids)
        self.metrics.recovered("settled", len(ids))
        self._event_seconds = 0.5 * self._event_seconds + 0.5 * seconds / len(ids)

    def _today(self) -> datetime | None:
        if self._standing is None or not self._standing.today_first:
            return None
        now = utc_now().astimezone(self.policy.zone)
        return now.replace(hour=0, minute=0, second=0, microsecond=0)


def pack_of(claimed: Claimed) -> Pack:
    """Return the event as if it had just been delivered, as often as it was claimed."""
    return Pack(
        delivery_tag=0,
        type=claimed.type,
        body=claimed.body,
        events=1,
        attempt=claimed.attempt,
        deliveries=claimed.tries - 1,
    )
