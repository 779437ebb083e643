"""When a breaker trips and for how long: the numbers of one check, judged over a window."""

import math
from dataclasses import dataclass

from risk.domain.sliding_window import SlidingWindow

_DOUBLINGS_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The limits in force: those of the policy, or lower ones while a peer's breaker is open."""

    calls_min: int
    slow_rate: float
    error_rate: float
    busy_share: float
    busy_calls_min: int

    def exceeded_by(self, window: SlidingWindow, busy_seconds: float) -> str | None:
        """Return in words what is too much, or None."""
        calls = window.calls
        # A division is rounded once, so 3 of 15 is exactly the rate written 0.2.
        if calls >= self.calls_min:
            if window.slow / calls >= self.slow_rate:
                return _too_many(window.slow, calls, "were slow", self.slow_rate)
            if window.failed / calls >= self.error_rate:
                return _too_many(window.failed, calls, "failed", self.error_rate)
        if window.slow < self.busy_calls_min:
            return None
        strain = window.strain()
        share = strain.seconds / (busy_seconds * strain.crowd)
        if share <= self.busy_share:
            return None
        return (
            f"slow calls took {share:.0%} of the last {busy_seconds:g} s"
            f" ({strain.seconds:.2f} s, at most {strain.crowd} at once; limit"
            f" {self.busy_share:.0%})"
        )


def _too_many(count: int, calls: int, what: str, limit: float) -> str:
    return f"{count} of {calls} calls {what} ({count / calls:.0%}, limit {limit:.0%})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """How one check's breaker behaves; the defaults are meant for calls of some milliseconds."""

    window_seconds: float = 10.0
    buckets: int = 10
    calls_min: int = 20
    """With fewer calls in the window no rate is judged."""
    slow_rate: float = 0.5
    error_rate: float = 0.2
    busy_share: float = 0.2
    """Trips when slow calls took more of `busy_seconds` x the most calls that ran at once.

    A full window of good calls hides a sudden slowness from the rates for seconds; this does not
    wait for them.
    """
    busy_seconds: float = 2.0
    busy_calls_min: int = 5
    """With fewer slow calls in the window it is not busy: one that hangs is no sick check."""
    open_seconds: float = 5.0
    open_seconds_max: float = 30.0
    jitter: float = 0.25
    """An opening lasts up to this share longer, so that workers do not probe in step."""
    calm_seconds: float = 60.0
    """Closed for so long, the next opening is a first one again."""
    probes: int = 5
    probe_lease_seconds: float = 10.0
    hint_factor: float = 0.5

    def __post_init__(self) -> None:
        for name, value in (
            ("buckets", self.buckets),
            ("calls_min", self.calls_min),
            ("busy_calls_min", self.busy_calls_min),
            ("probes", self.probes),
        ):
            _require(name, value >= 1, "at least 1")
        for name, share in (
            ("slow_rate", self.slow_rate),
            ("error_rate", self.error_rate),
            ("busy_share", self.busy_share),
            ("hint_factor", self.hint_factor),
        ):
            _require(name, 0 < share <= 1, "above 0 and at most 1")
        _require("jitter", 0 <= self.jitter <= 1, "from 0 to 1")
        for name, seconds in (
            ("window_seconds", self.window_seconds),
            ("busy_seconds", self.busy_seconds),
            ("open_seconds", self.open_seconds),
            ("calm_seconds", self.calm_seconds),
            ("probe_lease_seconds", self.probe_lease_seconds),
        ):
            _require(name, 0 < seconds < math.inf, "above 0 and finite")
        _require("busy_seconds", self.busy_seconds <= self.window_seconds, "within the window")
        longest = self.open_seconds_max
        _require("open_seconds_max", self.open_seconds <= longest < math.inf, "≥ open_seconds")

    def thresholds(self, *, hinted: bool) -> Thresholds:
        factor = self.hint_factor if hinted else 1.0
        return Thresholds(
            calls_min=math.ceil(self.calls_min * factor),
            slow_rate=self.slow_rate * factor,
            error_rate=self.error_rate * factor,
            busy_share=self.busy_share * factor,
            busy_calls_min=math.ceil(self.busy_calls_min * factor),
        )

    def opening_seconds(self, opening: int, chance: float) -> float:
        """Return how long the n-th opening in a row lasts; chance is from [0, 1)."""
        doubled: float = self.open_seconds * 2 ** min(opening - 1, _DOUBLINGS_MAX)
        # Room for the jitter below the maximum: there, too, workers must not probe in step.
        return min(doubled, self.open_seconds_max / (1 + self.jitter)) * (1 + self.jitter * chance)


def _require(name: str, holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        message = f"{name} must be {what}"
        raise ValueError(message)
