"""What a breaker tells people: where it stands, on what figures, and why, in one sentence."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from risk.domain.breaker_policy import Thresholds

Forced = Literal["open", "closed"]


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Transition:
    number: int
    """Counts all transitions of the breaker, so that a reader knows what it missed."""
    at: float
    source: State
    target: State
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    state: State
    forced: Forced | None
    cause: str
    """Why it came into this state; empty for a breaker that has never left closed."""
    since_seconds: float
    calls: int
    slow: int
    failed: int
    in_flight: int
    overdue: int
    busy_share: float
    """Of the busy seconds x the most calls at once, what slow calls took."""
    window_seconds: float
    slow_after_seconds: float
    thresholds: Thresholds
    hinted: bool
    openings: int
    """Openings in a row, without a calm time between them."""
    half_open_in_seconds: float | None
    probes: int
    probes_out: int
    probes_passed: int

    @property
    def slow_rate(self) -> float:
        return self.slow / self.calls if self.calls else 0.0

    @property
    def error_rate(self) -> float:
        return self.failed / self.calls if self.calls else 0.0

    @property
    def sentence(self) -> str:
        since = f"{self.since_seconds:.1f} s"
        if self.forced is not None:
            return f"Forced {self.forced} by an operator; in this state for {since}."
        if self.state is State.OPEN:
            return (
                f"Open for {since} because {self.cause}; probes begin in"
                f" {self.half_open_in_seconds or 0.0:.1f} s (opening {self.openings} in a row)."
            )
        if self.state is State.HALF_OPEN:
            return (
                f"Half-open for {since} because {self.cause}: {self.probes_passed} of"
                f" {self.probes} probes went well, {self.probes_out} out."
            )
        return f"Closed for {since}: {self._figures()}{self._peer()}."

    def _figures(self) -> str:
        told = (
            f"of {self.calls} calls in the last {self.window_seconds:g} s {self.slow} were slow"
            f" (over {self.slow_after_seconds * 1000:g} ms) and {self.failed} failed"
        )
        few = self.calls < self.thresholds.calls_min
        return f"{told}, too few calls to judge rates" if few else told

    def _peer(self) -> str:
        return "; limits are lowered while a peer's breaker is open" if self.hinted else ""
