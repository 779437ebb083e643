"""What can be decided about an order, and the reasons for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """In the order of severity."""

    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reason:
    """Which check speaks against an order, and by which of its clauses; no personal data."""

    check: str
    code: str
    detail: str
    outcome: Outcome
    """What this reason alone would lead to."""

    @property
    def name(self) -> str:
        return f"{self.check}:{self.code}"


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    degraded: tuple[str, ...] = ()
    """Checks that are not core and did not answer, to be made up for."""
    await_recheck: bool = False
    """Whether the approved order may leave only after they were made up for."""


APPROVAL = Decision(Outcome.APPROVED)

_SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=_SEVERITY.__getitem__)
