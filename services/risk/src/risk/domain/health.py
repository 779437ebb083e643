"""Whether a candidate does so much worse than the stable rule set that it is taken back."""

import math
from collections.abc import Collection
from dataclasses import dataclass

ORDERS_MIN = 40
"""Of fewer orders one slow one is the p95. A breaker needs fewer calls, and tells first."""
LATENCY_RATIO_MAX = 1.5
LATENCY_FLOOR_SECONDS = 0.005
"""So much slower, in absolute terms, it has to be before a ratio counts."""
UNANSWERED_SHARE_MORE = 0.05
UNANSWERED_MIN = 3
DRIFT_MORE = 0.1
DRIFT_ORDERS_MIN = 50
SIGMAS = 3.0
"""How sure a difference of shares must be: by chance alone once in some 370 looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a rule set did with the orders it decided."""

    orders: int = 0
    p95_seconds: float = 0.0
    unanswered: int = 0
    """Orders decided without some check."""
    held: int = 0
    rejected: int = 0

    @property
    def unanswered_share(self) -> float:
        return self.unanswered / self.orders if self.orders else 0.0

    @property
    def stopped_share(self) -> float:
        return (self.held + self.rejected) / self.orders if self.orders else 0.0


def trouble(candidate: Figures, stable: Figures, tripped: Collection[str]) -> str | None:
    """Say why the candidate has to go; None: it may stay.

    Args:
        candidate: what it did since it came to where it is.
        stable: what the other rule set did in the same time, or before.
        tripped: checks only the candidate has whose breaker opened.
    """
    if tripped:
        return f"the breaker of {', '.join(sorted(tripped))} opened"
    if candidate.orders < ORDERS_MIN:
        return None
    return (
        _latency(candidate, stable) or _unanswered(candidate, stable) or _drift(candidate, stable)
    )


def _latency(candidate: Figures, stable: Figures) -> str | None:
    limit = max(LATENCY_RATIO_MAX * stable.p95_seconds, stable.p95_seconds + LATENCY_FLOOR_SECONDS)
    if candidate.p95_seconds <= limit:
        return None
    now, before = candidate.p95_seconds * 1000, stable.p95_seconds * 1000
    return f"an order takes {now:.1f} ms (p95), with the stable rule set {before:.1f} ms"


def _unanswered(candidate: Figures, stable: Figures) -> str | None:
    more = candidate.unanswered_share - stable.unanswered_share
    if candidate.unanswered < UNANSWERED_MIN or more <= UNANSWERED_SHARE_MORE:
        return None
    share, before = candidate.unanswered_share, stable.unanswered_share
    return f"{share:.1%} of the orders were decided without some check, before {before:.1%}"


def _drift(candidate: Figures, stable: Figures) -> str | None:
    fewest = min(candidate.orders, stable.orders)
    difference = abs(candidate.stopped_share - stable.stopped_share)
    if fewest < DRIFT_ORDERS_MIN or difference <= DRIFT_MORE:
        return None
    if difference <= SIGMAS * _standard_error(candidate, stable):
        return None
    share, before = candidate.stopped_share, stable.stopped_share
    return f"{share:.1%} of the orders are held or rejected, with the stable rule set {before:.1%}"


def _standard_error(one: Figures, other: Figures) -> float:
    """Return the standard error of the difference of two shares (pooled two-proportion z-test)."""
    stopped = one.held + one.rejected + other.held + other.rejected
    pooled = stopped / (one.orders + other.orders)
    return math.sqrt(pooled * (1 - pooled) * (1 / one.orders + 1 / other.orders))
