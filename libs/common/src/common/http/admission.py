"""Who is let in when there is more to do than can be done: orders last to be sent away.

Judged for each process by what waits and for how long, never by a fixed rate: what a machine can
do today is what it did in the last seconds.
"""

import asyncio
import math
import re
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from starlette.types import Scope

from common.clock import monotonic_seconds
from common.http.hot import HotRoute, route_pattern
from common.telemetry.metrics import Metrics

ORDERS_MAX = 4_000  # in hand at once; what they hold in memory is bounded by it
ORDER_SECONDS_MAX = 2.5  # channels hang up after five
OTHER_SECONDS_MAX = 0.5
LAG_SECONDS_MAX = 0.3
OTHERS_AT_ONCE_MAX = 16  # fewer than there are connections to the database: orders need one
OTHERS_WAITING_MAX = 100
PLACE_SECONDS_MAX = 2.0
RETRY_SECONDS_MAX = 30
SAMPLE_SECONDS = 0.05
SAMPLES = 5  # late once is an accident; late each time is too much to do
PROBES = frozenset(("/healthz", "/readyz", "/metrics"))


class Lane(Enum):
    PROBE = "probes"
    ORDERS = "orders"
    OTHER = "other"


class Pace(Protocol):
    """How fast what waits is done; the group commit keeps it."""

    @property
    def failing_since(self) -> float | None: ...

    @property
    def items_per_second(self) -> float: ...

    @property
    def is_busy(self) -> bool: ...

    def seconds_before(self, waiting: int, now: float) -> float: ...


class Queue(Protocol):
    """Where orders wait for their commit."""

    @property
    def pace(self) -> Pace: ...

    @property
    def waiting(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Load:
    """What the judgement depends on."""

    orders: int = 0
    """Requests with orders that are in hand."""
    others: int = 0
    """Other requests at work or waiting for a place."""
    wait_seconds: float = 0.0
    """How long an order that came now would wait until it is begun."""
    failing_seconds: float | None = None
    """How long nothing could be committed; nothing while it can."""
    probing: bool = False
    """Somebody is finding out already whether it can be again."""
    lag_seconds: float = 0.0
    """How late the process has been with all that it had to do at a certain moment."""


def must_wait(lane: Lane, load: Load) -> bool:
    """Tell whether a request of this lane is to be sent away."""
    match lane:
        case Lane.PROBE:
            return False
        case Lane.ORDERS:
            hopeless = load.failing_seconds is not None and load.probing
            late = load.wait_seconds + load.lag_seconds > ORDER_SECONDS_MAX
            return hopeless or late or load.orders >= ORDERS_MAX
        case Lane.OTHER:
            behind = load.wait_seconds > OTHER_SECONDS_MAX or load.lag_seconds > LAG_SECONDS_MAX
            full = load.others >= OTHERS_AT_ONCE_MAX + OTHERS_WAITING_MAX
            return behind or full or must_wait(Lane.ORDERS, load)


class NoPlace(Exception):  # noqa: N818 - an answer, not a mistake
    """So many are at work that this request's turn did not come."""


@dataclass
class Admission:
    """One process's."""

    queue: Queue | None = None
    """Given by a service that takes orders."""
    _first: "list[tuple[HotRoute, re.Pattern[str]]]" = field(default_factory=list)
    _orders: int = 0
    _others: int = 0
    _lags: deque[float] = field(default_factory=lambda: deque([0.0] * SAMPLES, SAMPLES))
    _sent_away: float = 0.0
    """Orders told to come back lately, which will want to be done as well."""
    _places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(OTHERS_AT_ONCE_MAX)
    )

    def serve_first(self, routes: Sequence[HotRoute]) -> None:
        """Take these to be the routes that orders come in by."""
        self._first = [(route, re.compile(route_pattern(route.path))) for route in routes]

    def lane(self, scope: Scope) -> Lane:
        path: str = scope["path"]
        if path in PROBES:
            return Lane.PROBE
        for route, pattern in self._first:
            if scope["method"] == route.method and pattern.fullmatch(path):
                scope["route"] = route  # what is sent away is measured by its route, too
                return Lane.ORDERS
        return Lane.OTHER

    def load(self) -> Load:
        if self.queue is None:
            return Load(self._orders, self._others, lag_seconds=min(self._lags))
        now, pace = monotonic_seconds(), self.queue.pace
        since = pace.failing_since
        return Load(
            orders=self._orders,
            others=self._others,
            wait_seconds=pace.seconds_before(self.queue.waiting, now),
            failing_seconds=None if since is None else now - since,
            probing=pace.is_busy,
            lag_seconds=min(self._lags),
        )

    def refuses(self, lane: Lane) -> bool:
        if lane is Lane.PROBE or not must_wait(lane, self.load()):
            return False
        if lane is Lane.ORDERS:
            self._sent_away += 1
        return True

    def retry_after(self) -> int:
        """Return in how many whole seconds there will be room: when what waits has been done.

        Those who were sent away before are counted in, or all would be back at one moment.
        """
        load = self.load()
        seconds = max(load.wait_seconds, load.failing_seconds or 0.0) + load.lag_seconds
        if self.queue is not None and self.queue.pace.items_per_second:
            seconds += self._sent_away / self.queue.pace.items_per_second
        return min(max(1, math.ceil(seconds)), RETRY_SECONDS_MAX)

    @asynccontextmanager
    async def place(self, lane: Lane) -> AsyncGenerator[None]:
        """Hold a place while the request is worked on; orders and probes always have one.

        Raises:
            NoPlace: others are at work, and for too long.
        """
        if lane is Lane.PROBE:
            yield
        elif lane is Lane.ORDERS:
            self._orders += 1
            try:
                yield
            finally:
                self._orders -= 1
        else:
            self._others += 1
            try:
                await self._take_place()
                try:
                    yield
                finally:
                    self._places.release()
            finally:
                self._others -= 1

    async def _take_place(self) -> None:
        if not self._places.locked():  # the usual case, without a timer
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(PLACE_SECONDS_MAX):
                await self._places.acquire()
        except TimeoutError:
            raise NoPlace from None

    async def run(self, metrics: Metrics) -> None:
        """Watch how late the process is, until cancelled."""
        before = monotonic_seconds()
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            now = monotonic_seconds()
            self._lags.append(max(0.0, now - before - SAMPLE_SECONDS))
            if self.queue is not None:
                metrics.queueing(self.queue.waiting)
                done = self.queue.pace.items_per_second * (now - before)
                self._sent_away = max(0.0, self._sent_away - done)
            before = now
