"""How many workers a service needs, by the time its backlog would take; pure.

The same formula is a recording rule in deploy/prometheus/scaling.yml; a test compares the two.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

DRAIN_SECONDS = 60.0
"""What waits shall be done within this time, beside what arrives meanwhile."""
UP_SHARE = 0.8
"""How busy workers may be at most: above it there are too few."""
DOWN_SHARE = 0.6
"""Workers are taken away only if the rest is no busier than this; between the two nothing moves."""
SLOW_RATIO = 3.0
"""From here on an event takes so much longer than in the baseline that this is the cause."""
BUSY_SHARE = 0.8
"""Workers that also wait have small batches, which cost more an event, and not slow events."""
PROBE_SECONDS_MAX = 0.05
"""A database that takes this long over nothing at all is the cause itself."""
WORKERS_MIN = 1
WORKERS_MAX = 8


class Cause(StrEnum):
    STEADY = "steady"
    BEHIND = "behind"
    IDLE = "idle"
    SLOW_EVENTS = "slow events"
    SLOW_DATABASE = "slow database"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is known of one service at one moment; None: not measured."""

    workers: int
    depth: float | None
    """Events waiting in the queue and in the backlog table."""
    arrived: float
    """Events a second that come in."""
    settled: float
    """Events a second brought to their end."""
    event_seconds: float | None
    """What an event takes a worker now; None while there are none."""
    baseline_seconds: float | None
    probe_seconds: float | None
    """What the database takes over nothing, as the fastest answer tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    workers_min: int = WORKERS_MIN
    workers_max: int = WORKERS_MAX
    connections_allow: int = WORKERS_MAX
    """How many workers the database has connections for."""

    @property
    def most(self) -> int:
        return max(self.workers_min, min(self.workers_max, self.connections_allow))

    def bounded(self, workers: int) -> int:
        return min(max(workers, self.workers_min), self.most)


@dataclass(frozen=True, slots=True)
class Wish:
    """How many workers would be right at this moment, and why."""

    workers: int
    cause: Cause
    why: str


def wish(reading: Reading, limits: Limits) -> Wish:
    if not reading.workers:
        return Wish(limits.workers_min, Cause.BEHIND, "there is no worker")
    takes = reading.event_seconds or reading.baseline_seconds
    if reading.depth is None or takes is None:
        why = "no backlog is measured, so nothing is changed"
        return Wish(limits.bounded(reading.workers), Cause.UNKNOWN, why)
    # As many workers as would be busy all the time.
    load = (reading.arrived + reading.depth / DRAIN_SECONDS) * takes
    needed = max(math.ceil(load / UP_SHARE), min(reading.workers, math.ceil(load / DOWN_SHARE)))
    if needed > reading.workers:
        if (obstacle := _obstacle(reading, takes)) is not None:
            return Wish(limits.bounded(reading.workers), *obstacle)
        why = f"{_waiting(reading, takes)}; {needed} workers would do"
        return Wish(limits.bounded(needed), Cause.BEHIND, why + _bound(needed, limits))
    if needed < reading.workers:
        return Wish(limits.bounded(needed), Cause.IDLE, f"{_busy(reading, takes)}: fewer would do")
    return Wish(limits.bounded(needed), Cause.STEADY, _busy(reading, takes))


def _obstacle(reading: Reading, takes: float) -> tuple[Cause, str] | None:
    """Return what makes the service slow, if more workers cannot help against it."""
    probe, baseline = reading.probe_seconds, reading.baseline_seconds
    if probe is not None and probe >= PROBE_SECONDS_MAX:
        why = f"the database takes {probe * 1000:.0f} ms over nothing: more workers would slow it"
        return Cause.SLOW_DATABASE, why
    busy = reading.settled * takes / reading.workers
    if baseline and takes >= SLOW_RATIO * baseline and busy >= BUSY_SHARE:
        why = (
            f"an event takes {takes * 1000:.3g} ms, {takes / baseline:.3g} times as long as in the"
            " baseline: look for what made it slow; more workers do not cure it"
        )
        return Cause.SLOW_EVENTS, why
    return None


def _waiting(reading: Reading, takes: float) -> str:
    spare = reading.workers / takes - reading.arrived
    drained = f"take {(reading.depth or 0) / spare:,.0f} s" if spare > 0 else "become more and more"
    return (
        f"{reading.depth:,.0f} waiting events, {reading.arrived:,.0f} more a second:"
        f" with {reading.workers} they {drained}"
    )


def _busy(reading: Reading, takes: float) -> str:
    share = min(1.0, reading.settled * takes / reading.workers)
    return f"{reading.depth:,.0f} wait, {reading.settled:,.0f} a second settled, {share:.0%} busy"


def _bound(needed: int, limits: Limits) -> str:
    if needed <= limits.most:
        return ""
    cause = "database connections" if limits.connections_allow < limits.workers_max else "limit"
    return f", but {limits.most} is all that the {cause} allows"
