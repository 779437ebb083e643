"""HTTP: what was decided about an order, on what, and whether it would be decided so again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from risk.domain.assessment import Arm, Assessment
from risk.domain.decision import Outcome, Reason
from risk.domain.features import FEATURES
from risk.store import assessments, deferrals, missed_holds, snapshots
from risk.store.deferrals import Recheck
from risk.store.snapshots import Snapshot
from risk.use_cases.replaying import Replayed, replay

router = APIRouter(prefix="/v1/assessments", tags=["assessments"])

WITHHELD = "withheld"
"""Stands for a value that is personal."""


class ReasonView(BaseModel):
    check: str
    code: str
    detail: str
    """The clause that decided, with its values."""
    outcome: Outcome

    @classmethod
    def of(cls, reason: Reason) -> "ReasonView":
        return cls(
            check=reason.check, code=reason.code, detail=reason.detail, outcome=reason.outcome
        )


class DecisionView(BaseModel):
    decision_no: int
    outcome: Outcome
    reasons: list[ReasonView]
    degraded: list[str]
    """Checks it was made without, which are made up for."""
    await_recheck: bool
    ruleset: str
    arm: Arm
    decided_at: datetime
    decided_by: str
    took_micros: int

    @classmethod
    def of(cls, assessed: Assessment) -> "DecisionView":
        decision = assessed.decision
        return cls(
            decision_no=assessed.decision_no,
            outcome=decision.outcome,
            reasons=[ReasonView.of(reason) for reason in decision.reasons],
            degraded=list(decision.degraded),
            await_recheck=decision.await_recheck,
            ruleset=assessed.ruleset,
            arm=assessed.arm,
            decided_at=assessed.decided_at,
            decided_by=assessed.decided_by,
            took_micros=assessed.took_micros,
        )


class RecheckView(BaseModel):
    """A check that an order was decided without."""

    check: str
    cause: str
    deferred_at: datetime
    deadline: datetime
    tries: int
    result: str | None
    """clear, against, expired or moot; null while it is to be made up for."""
    rechecked_at: datetime | None

    @classmethod
    def of(cls, each: Recheck) -> "RecheckView":
        return cls(
            check=each.check,
            cause=each.cause,
            deferred_at=each.deferred_at,
            deadline=each.deadline,
            tries=each.tries,
            result=each.result,
            rechecked_at=each.rechecked_at,
        )


class AssessmentView(BaseModel):
    order_id: UUID
    outcome: Outcome
    """Of the last decision: the one in force."""
    decisions: list[DecisionView]
    rechecks: list[RecheckView]
    left_before_hold: str | None
    """Where the order was when a hold came too late."""


class InputsView(BaseModel):
    decision_no: int
    features: dict[str, Any]
    """Personal values are withheld; null is a value that is missing."""
    results: dict[str, Any]
    """What slow checks returned, or why a check was not asked."""


class InputsListView(BaseModel):
    items: list[InputsView]


class ReplayView(BaseModel):
    decision_no: int
    same: bool
    why_not: str
    """Why it cannot be made again, where it cannot."""
    stored: DecisionView


class ReplaysView(BaseModel):
    items: list[ReplayView]


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
    rechecks = await deferrals.history(connection, order_id)
    missed = await missed_holds.of_orders(connection, [order_id])
    return AssessmentView(
        order_id=order_id,
        outcome=history[-1].decision.outcome,
        decisions=[DecisionView.of(assessed) for assessed in history],
        rechecks=[RecheckView.of(each) for each in rechecks],
        left_before_hold=missed.get(order_id),
    )


@router.get("/{order_id}/inputs", responses={404: {"model": ProblemView}})
async def read_inputs(
    order_id: UUID, _: Annotated[Principal, requires("risk:read")], connection: Reading
) -> InputsListView:
    """Return what each decision was made on, for as long as that is kept (15 days)."""
    taken = await snapshots.of_order(connection, order_id)
    if not taken:
        raise NotFound("Nothing is kept of what this order was decided on.")
    return InputsListView(items=[_inputs(snapshot) for snapshot in taken])


def _inputs(snapshot: Snapshot) -> InputsView:
    features = {
        feature.name: WITHHELD if feature.personal and value is not None else value
        for feature, value in zip(FEATURES, snapshot.values, strict=True)
    }
    return InputsView(
        decision_no=snapshot.decision_no, features=features, results=dict(snapshot.results)
    )


@router.get("/{order_id}/replay", responses={404: {"model": ProblemView}})
async def replay_assessment(
    order_id: UUID, _: Annotated[Principal, requires("risk:read")], request: Request
) -> ReplaysView:
    """Make every automatic decision again from what was kept of it, and compare."""
    state = request.app.state
    async with state.works.begin() as work:
        replayed = await replay(work, state.rules, order_id)
    if not replayed:
        raise NotFound("This order has not been assessed.")
    return ReplaysView(items=[_replay(each) for each in replayed])


def _replay(each: Replayed) -> ReplayView:
    return ReplayView(
        decision_no=each.stored.decision_no,
        same=each.same,
        why_not=each.why_not,
        stored=DecisionView.of(each.stored),
    )
