"""How fast a queue is worked off, and when it will be empty. Pure; the time is passed in."""

from collections import deque
from dataclasses import dataclass, field
from math import inf

WINDOW_SECONDS = 30.0
OBSERVED_SECONDS_MIN = 10.0
OVERDUE_MEASURES = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """When a recovery begins by itself."""

    drain_seconds: float = 300.0
    """A predicted drain time beyond this, several measures in a row."""
    events_min: int = 1_000
    """Fewer are no backlog, however slow the handler."""


@dataclass(frozen=True, slots=True)
class Measure:
    at: float
    """Monotonic seconds."""
    waiting: float
    """Events that wait for any of the consumers."""
    settled: int
    """Events this process has settled since it started."""
    consumers: int
    """How many share the work; they are taken to be as fast as this one."""


@dataclass
class Trend:
    limits: Limits
    _measures: deque[Measure] = field(default_factory=deque)
    _overdue: int = 0

    def note(self, measure: Measure) -> None:
        self._measures.append(measure)
        while measure.at - self._measures[0].at > WINDOW_SECONDS:
            self._measures.popleft()
        overdue = self.drain_seconds() > self.limits.drain_seconds
        long_enough = measure.waiting >= self.limits.events_min
        self._overdue = self._overdue + 1 if overdue and long_enough else 0

    def restart(self) -> None:
        """Forget: after an idle time or a new session the past tells nothing."""
        self._measures.clear()
        self._overdue = 0

    def events_per_second(self) -> float | None:
        """Return the rate of all consumers together; None while there is too little to tell."""
        if not self._measures:
            return None
        first, last = self._measures[0], self._measures[-1]
        seconds = last.at - first.at
        if seconds < OBSERVED_SECONDS_MIN:
            return None
        return max(last.settled - first.settled, 0) / seconds * max(last.consumers, 1)

    def drain_seconds(self) -> float:
        """Return events waiting ÷ rate: 0 while that cannot be told, infinite without progress."""
        rate = self.events_per_second()
        if rate is None or not self._measures[-1].waiting:
            return 0.0
        return self._measures[-1].waiting / rate if rate else inf

    def is_overdue(self) -> bool:
        """Tell whether a recovery should begin by itself."""
        return self._overdue >= OVERDUE_MEASURES
