"""HTTP: what was decided about an order, and why."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from risk.domain.assessment import Assessment
from risk.domain.rules import Outcome, Reason
from risk.store import assessments

router = APIRouter(prefix="/v1/assessments", tags=["assessments"])


class ReasonView(BaseModel):
    rule: str
    code: str
    detail: str
    outcome: Outcome

    @classmethod
    def of(cls, reason: Reason) -> "ReasonView":
        return cls(rule=reason.rule, code=reason.code, detail=reason.detail, outcome=reason.outcome)


class DecisionView(BaseModel):
    decision_no: int
    outcome: Outcome
    reasons: list[ReasonView]
    ruleset: str
    decided_at: datetime
    decided_by: str

    @classmethod
    def of(cls, assessed: Assessment) -> "DecisionView":
        return cls(
            decision_no=assessed.decision_no,
            outcome=assessed.decision.outcome,
            reasons=[ReasonView.of(reason) for reason in assessed.decision.reasons],
            ruleset=assessed.ruleset,
            decided_at=assessed.decided_at,
            decided_by=assessed.decided_by,
        )


class AssessmentView(BaseModel):
    order_id: UUID
    outcome: Outcome
    """Of the last decision: the one in force."""
    decisions: list[DecisionView]


@router.get("/{order_id}", responses={404: {"model": ProblemView}})
async def read_assessment(
    order_id: UUID,
    _: Annotated[Principal, requires("risk:read")],
    connection: Reading,
) -> AssessmentView:
    """Return all decisions about an order with their reasons and rule sets, the first one first."""
    history = await assessments.history(connection, order_id)
    if not history:
        raise NotFound("This order has not been assessed.")
    return AssessmentView(
        order_id=order_id,
        outcome=history[-1].decision.outcome,
        decisions=[DecisionView.of(assessed) for assessed in history],
    )
