"""Refunds that a channel told of an order which was never let in: people see to them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import ProblemView
from common.http.reading import Reading
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE
from ingest.store import kept_refunds
from ingest.use_cases.untold_refunds import Closing, close_refund

router = APIRouter(prefix="/v1/refunds/untold", tags=["quarantine"])


class UntoldRefundView(BaseModel):
    """A refund that no other service knows of."""

    order_id: UUID
    channel: str
    shop: str
    channel_order_no: str | None
    state: str
    """Where intake left its order."""
    merged_into: UUID | None
    reference: str
    """The channel's own number of the refund."""
    currency: str
    amount_minor: int
    requested_at: datetime | None


class UntoldRefundsView(BaseModel):
    total: int
    refunds: list[UntoldRefundView]


class CloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: str = Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)
    reason: str = Field(min_length=1, max_length=500, pattern=LEGIBLE)
    """What was done about it."""


class ClosedView(BaseModel):
    order_id: UUID
    reference: str


@router.get("")
async def list_untold_refunds(
    _: Annotated[Principal, requires("ingest:read")],
    reading: Reading,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> UntoldRefundsView:
    """List refunds of orders that were discarded, or merged into one they do not fit."""
    rows = await kept_refunds.untold(reading, limit=limit)
    return UntoldRefundsView(
        total=await kept_refunds.count_untold(reading),
        refunds=[UntoldRefundView.model_validate(dict(row)) for row in rows],
    )


@router.post(
    "/{order_id}/close", response_model=ClosedView, responses={404: {"model": ProblemView}}
)
async def close_untold_refund(
    order_id: UUID,
    body: CloseIn,
    principal: Annotated[Principal, requires("ingest:write")],
    once: Once,
) -> Response:
    """Say that a refund was seen to; it is not shown any longer."""

    async def command(work: Work, _: Cause) -> ClosedView:
        closing = Closing(principal.name, body.reason)
        await close_refund(work, order_id, body.reference, closing)
        return ClosedView(order_id=order_id, reference=body.reference)

    return await once.run(principal, command)
