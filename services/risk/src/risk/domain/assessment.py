"""What was decided about one order, by what or by whom, and how later decisions follow."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from risk.domain.decision import Decision, Outcome, Reason

FIRST = 1
AUTOMATIC = "sluice"
"""Who decides where no person did."""
REVIEW = "review"
"""Stands for a person's judgement in a reason; no check may have this id."""


class Arm(StrEnum):
    """By which of the released rule sets an order is decided."""

    STABLE = "stable"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One decision about an order; a higher decision_no supersedes."""

    order_id: UUID
    decision_no: int
    decision: Decision
    ruleset: str
    arm: Arm = Arm.STABLE
    decided_at: datetime
    decided_by: str
    took_micros: int = 0
    """Time the rules and checks took for this order."""
    unanswered: int = 0
    """How many checks did not answer."""

    @property
    def is_review(self) -> bool:
        return self.decided_by != AUTOMATIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer says of a held order."""

    outcome: Outcome
    text: str
    reviewer: str


def reviewed(held: Assessment, verdict: Verdict, now: datetime) -> Assessment:
    """Return the decision that follows: it answers to the rule set whose hold was reviewed."""
    reason = Reason(REVIEW, verdict.outcome, verdict.text, verdict.outcome)
    decision = Decision(verdict.outcome, (reason,))
    return follow(held, decision, now, by=verdict.reviewer)


def follow(standing: Assessment, decision: Decision, now: datetime, *, by: str) -> Assessment:
    """Return the next decision about the same order, by the same rule set."""
    return Assessment(
        order_id=standing.order_id,
        decision_no=standing.decision_no + 1,
        decision=decision,
        ruleset=standing.ruleset,
        arm=standing.arm,
        decided_at=now,
        decided_by=by,
    )
