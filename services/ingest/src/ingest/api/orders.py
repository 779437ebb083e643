"""Orders at intake: look them up, report payments and cancellations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import NotFound
from common.http.reading import Reading
from ingest.api.views import OrdersView, OrderView, ReportView, order_view
from ingest.domain.draft import DraftPayment
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE
from ingest.store import sales_orders
from ingest.use_cases.known_orders import report_payment, wish_to_cancel

router = APIRouter(prefix="/v1/orders", tags=["orders"])

Text = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]
Reader = Annotated[Principal, requires("ingest:read")]
Writer = Annotated[Principal, requires("ingest:write")]


class ReportPayment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: Text
    method: Text
    amount_minor: int = Field(gt=0, strict=True)
    paid_at: AwareDatetime


class CancelOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: Text | None = None
    shop: Text | None = None
    channel_order_no: Text | None = None
    state: Text | None = None
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


@router.get("")
async def list_orders(
    filters: Annotated[Filters, Query()], reading: Reading, _: Reader
) -> OrdersView:
    """Return orders by arrival, filtered by any of channel, shop, number and state."""
    wanted = filters.model_dump(exclude={"after", "limit"}, exclude_none=True)
    found = await sales_orders.listed(reading, wanted, after=filters.after, limit=filters.limit)
    return OrdersView(orders=[order_view(stored) for stored in found])


@router.get("/{order_id}")
async def read_order(order_id: UUID, reading: Reading, _: Reader) -> OrderView:
    """Return one order as intake has it."""
    stored = await sales_orders.find(reading, order_id)
    if stored is None:
        raise NotFound(f"There is no order {order_id}.")
    return order_view(stored)


@router.post("/{order_id}/payments", response_model=ReportView)
async def post_payment(
    order_id: UUID, body: ReportPayment, principal: Writer, once: Once
) -> Response:
    """Report a payment that came after the order; the same reference counts once."""

    async def command(work: Work, cause: Cause) -> ReportView:
        payment = DraftPayment(**body.model_dump())
        new = await report_payment(work, order_id, payment, cause)
        return ReportView(order_id=order_id, status="updated" if new else "duplicate")

    return await once.run(principal, command)


@router.post("/{order_id}/cancel", response_model=ReportView, status_code=202)
async def post_cancel(order_id: UUID, body: CancelOrder, principal: Writer, once: Once) -> Response:
    """Ask for cancellation; fulfillment decides whether the order can still be stopped."""

    async def command(work: Work, cause: Cause) -> ReportView:
        new = await wish_to_cancel(work, order_id, body.reason, cause)
        return ReportView(order_id=order_id, status="updated" if new else "duplicate")

    return await once.run(principal, command, status=202)
