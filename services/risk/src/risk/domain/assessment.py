"""What was decided about one order, by what or by whom, and how a review follows a hold."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from risk.domain.rules import Outcome, Reason
from risk.domain.ruleset import Decision

FIRST = 1
AUTOMATIC = "sluice"
"""Who decides where no person did."""
REVIEW = "review"
"""Stands for a person's judgement in a reason; no rule may have this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One decision about an order; a higher decision_no supersedes."""

    order_id: UUID
    decision_no: int
    decision: Decision
    ruleset: str
    decided_at: datetime
    decided_by: str

    @property
    def is_review(self) -> bool:
        return self.decision_no > FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer says of a held order."""

    outcome: Outcome
    text: str
    reviewer: str


def reviewed(held: Assessment, verdict: Verdict, now: datetime) -> Assessment:
    """Return the decision that follows: it answers to the rule set whose hold was reviewed."""
    reason = Reason(REVIEW, verdict.outcome, verdict.text, verdict.outcome)
    return Assessment(
        order_id=held.order_id,
        decision_no=held.decision_no + 1,
        decision=Decision(verdict.outcome, (reason,)),
        ruleset=held.ruleset,
        decided_at=now,
        decided_by=verdict.reviewer,
    )
