"""HTTP: orders that wait for a person, and what the person says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from common.clock import utc_now
from common.contracts.event import Cause
from common.contracts.order import Address, Customer
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import Conflict, NotFound, ProblemView
from common.http.reading import Reading
from risk.api.assessments import DecisionView, ReasonView
from risk.api.fields import Text
from risk.domain.assessment import Verdict
from risk.domain.decision import Outcome
from risk.store import channel_holds, held_orders, missed_holds
from risk.store.held_orders import HeldOrder
from risk.use_cases.reviewing import review

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])


class ReceiverView(BaseModel):
    """Personal data: only for those who review."""

    customer: Customer
    address: Address


class ReviewView(BaseModel):
    order_id: UUID
    decision_no: int
    held_at: datetime
    age_seconds: int
    reasons: list[ReasonView]
    ruleset: str
    channel: str
    shop: str
    channel_order_no: str
    currency: str
    payable_minor: int
    lines: int
    left_before_hold: str | None
    """Where the order was when it was flagged, if that came too late to hold it."""
    kept_back: str | None
    """Why the channel keeps it back, where it does: approved, it still waits for the channel."""
    receiver: ReceiverView | None = None


class ReviewsView(BaseModel):
    items: list[ReviewView]


class ReviewIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]
    reason: Text


class ReviewedView(DecisionView):
    order_id: UUID


@router.get("")
async def list_reviews(
    principal: Annotated[Principal, requires("risk:read")],
    connection: Reading,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReviewsView:
    """List held orders, the oldest first; only who may review is told whom they are for."""
    waiting = await held_orders.page(connection, after, limit)
    order_ids = [w.held.order_id for w in waiting]
    missed = await missed_holds.of_orders(connection, order_ids)
    kept_back = await channel_holds.of_orders(connection, order_ids)
    reader = Reader(utc_now(), principal.may("risk:write"), missed, kept_back)
    return ReviewsView(items=[_view(held, reader) for held in waiting])


class Reader(NamedTuple):
    """Who looks, when, and what is known besides."""

    now: datetime
    reviews: bool
    missed: Mapping[UUID, str]
    kept_back: Mapping[UUID, str]


def _view(waiting: HeldOrder, reader: Reader) -> ReviewView:
    held, order = waiting.held, waiting.order
    receiver = (
        ReceiverView(customer=order.customer, address=order.address) if reader.reviews else None
    )
    return ReviewView(
        order_id=held.order_id,
        decision_no=held.decision_no,
        held_at=held.decided_at,
        age_seconds=max(0, int((reader.now - held.decided_at).total_seconds())),
        reasons=[ReasonView.of(reason) for reason in held.decision.reasons],
        ruleset=held.ruleset,
        channel=order.channel,
        shop=order.shop,
        channel_order_no=order.channel_order_no,
        currency=order.currency,
        payable_minor=order.amounts.payable_minor,
        lines=len(order.lines),
        left_before_hold=reader.missed.get(held.order_id),
        kept_back=reader.kept_back.get(held.order_id),
        receiver=receiver,
    )


@router.post(
    "/{order_id}",
    response_model=ReviewedView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def review_order(
    order_id: UUID,
    body: ReviewIn,
    principal: Annotated[Principal, requires("risk:write")],
    once: Once,
) -> Response:
    """Approve or reject a held order; the same again is answered alike, another is refused."""
    outcome = Outcome.APPROVED if body.decision == "approve" else Outcome.REJECTED
    verdict = Verdict(outcome=outcome, text=body.reason, reviewer=principal.name)

    async def command(work: Work, cause: Cause) -> ReviewedView:
        assessed = await review(work, order_id, verdict, cause.traceparent)
        if assessed is None:
            raise NotFound("This order has not been assessed.")
        if not assessed.is_review:
            raise Conflict("This order was not held; there is nothing to review.")
        if assessed.decision.outcome is not outcome:
            raise Conflict(f"This order was reviewed already: {assessed.decision.outcome}.")
        return ReviewedView(order_id=order_id, **dict(DecisionView.of(assessed)))

    return await once.run(principal, command)
