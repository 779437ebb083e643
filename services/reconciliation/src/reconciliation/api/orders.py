"""Orders, with all money that can be traced to them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from reconciliation.api.differences import CurrentThreshold, DifferenceView
from reconciliation.api.paging import LIMIT_MAX, Limit
from reconciliation.domain.differences import Kind
from reconciliation.store import differences, fulfilments, lines, matches, orders, transactions
from reconciliation.store.differences import Wanted
from reconciliation.store.fulfilments import FulfilmentView
from reconciliation.store.lines import LineView
from reconciliation.store.matches import MatchView
from reconciliation.store.orders import OrderView
from reconciliation.store.transactions import TransactionView

router = APIRouter(prefix="/v1/orders", tags=["orders"])

State = Literal[
    "received", "awaiting_payment", "backordered", "allocated", "handed_over", "cancelled"
]
Text = Annotated[str | None, Query(min_length=1, max_length=200)]


class OrdersView(BaseModel):
    items: list[OrderView]


class InvoiceView(BaseModel):
    invoice_no: str


class TraceView(BaseModel):
    """An order and everything that is known of its money; `order` is null until it is received."""

    order_id: UUID
    order: OrderView | None
    transactions: list[TransactionView]
    statement_lines: list[LineView]
    matches: list[MatchView]
    invoices: list[InvoiceView]
    fulfilment: FulfilmentView | None
    differences: list[DifferenceView]


async def _wanted(
    channel: Text = None,
    shop: Text = None,
    channel_order_no: Text = None,
    state: State | None = None,
) -> dict[str, str]:
    given = {
        "channel": channel,
        "shop": shop,
        "channel_order_no": channel_order_no,
        "state": state,
    }
    return {name: value for name, value in given.items() if value is not None}


@router.get("")
async def list_orders(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    wanted: Annotated[dict[str, str], Depends(_wanted)],
    after: UUID | None = None,
    limit: Limit = 50,
) -> OrdersView:
    """List orders, oldest first."""
    return OrdersView(items=await orders.listed(reading, wanted, after=after, limit=limit))


@router.get("/{order_id}", responses={404: {"model": ProblemView}})
async def trace_order(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    threshold: CurrentThreshold,
    order_id: UUID,
) -> TraceView:
    """Return an order and trace its money from payment to statement."""
    every_kind = Wanted(list(Kind), order_id=order_id)
    found = await differences.listed(reading, every_kind, after=None, limit=LIMIT_MAX)
    trace = TraceView(
        order_id=order_id,
        order=await orders.find(reading, order_id),
        transactions=await transactions.of_order(reading, order_id),
        statement_lines=await lines.of_order(reading, order_id),
        matches=await matches.listed(reading, {"order_id": order_id}, after=None, limit=LIMIT_MAX),
        invoices=[],
        fulfilment=await fulfilments.of_order(reading, order_id),
        differences=[DifferenceView.of(f, threshold) for f in found],
    )
    if not (trace.order or trace.transactions or trace.fulfilment):
        raise NotFound(f"Nothing is known of order {order_id}.")
    return trace
