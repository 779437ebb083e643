"""HTTP: stock, and how it comes in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.idempotency import Once
from common.http.problems import FieldError, ProblemView, Unprocessable
from common.http.reading import Reading
from fulfillment.api.fields import (
    LINES_MAX,
    QUANTITY_MAX,
    Body,
    Code,
    Limit,
    Reader,
    Reason,
    Sku,
    Writer,
)
from fulfillment.domain.terms import total_by_sku
from fulfillment.store import listings
from fulfillment.use_cases import restocking
from fulfillment.use_cases.changes import Origin, called_by
from fulfillment.use_cases.restocking import Delivery, Stocked

router = APIRouter(prefix="/v1/stock", tags=["stock"])


class ReceiptLine(Body):
    sku: Sku
    quantity: Annotated[int, Field(ge=1, le=QUANTITY_MAX)]


class Receipt(Body):
    warehouse: Code
    lines: Annotated[list[ReceiptLine], Field(min_length=1, max_length=LINES_MAX)]
    reason: Reason = "receipt"


class CountLine(Body):
    sku: Sku
    on_hand: Annotated[int, Field(ge=0, le=QUANTITY_MAX)]


class Count(Body):
    warehouse: Code
    lines: Annotated[list[CountLine], Field(min_length=1, max_length=LINES_MAX)]
    reason: Reason = "count"


class StockView(BaseModel):
    warehouse: str
    sku: str
    on_hand: int
    reserved: int
    available: int


class StockPage(BaseModel):
    items: list[StockView]
    next: str | None = None
    """Give this as `after` for what follows."""


class StockedView(BaseModel):
    warehouse: str
    items: list[StockView]
    allocated_orders: int
    """How many waiting orders were served at once; the rest follows within seconds."""


@router.get("")
async def list_stock(
    _: Reader,
    connection: Reading,
    warehouse: Annotated[str | None, Query(max_length=16)] = None,
    sku: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[
        str | None, Query(max_length=100, description="`next` of the last page")
    ] = None,
    limit: Limit = 100,
) -> StockPage:
    """List stock by SKU and warehouse."""
    rows = await listings.stock_page(
        connection, wanted=(warehouse, sku), after=_position(after), limit=limit
    )
    items = [_view(r["warehouse"], r["sku"], r["on_hand"], r["reserved"]) for r in rows]
    more = len(items) == limit
    return StockPage(items=items, next=f"{items[-1].warehouse}/{items[-1].sku}" if more else None)


def _position(after: str | None) -> tuple[str, str] | None:
    if after is None:
        return None
    warehouse, _, sku = after.partition("/")
    return sku, warehouse


@router.post("/receipts", response_model=StockedView, responses={404: {"model": ProblemView}})
async def receive_stock(principal: Writer, once: Once, body: Receipt) -> Response:
    """Add to what is on hand, and serve the orders that waited for it."""
    lines = total_by_sku((line.sku, line.quantity) for line in body.lines)
    delivery = Delivery(body.warehouse, lines, body.reason)
    return await once.run(principal, _command(principal.name, restocking.receive, delivery))


@router.post(
    "/counts",
    response_model=StockedView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def count_stock(principal: Writer, once: Once, body: Count) -> Response:
    """Set what is on hand; less than what is reserved for orders is refused."""
    lines = {line.sku: line.on_hand for line in body.lines}
    if len(lines) < len(body.lines):
        wrong = FieldError(field="lines", code="repeated", message="A SKU is counted twice.")
        raise Unprocessable("A SKU is counted twice.", errors=[wrong])
    delivery = Delivery(body.warehouse, lines, body.reason)
    return await once.run(principal, _command(principal.name, restocking.count, delivery))


def _command(
    name: str, use: Callable[[Work, Origin, Delivery], Awaitable[Stocked]], delivery: Delivery
) -> Callable[[Work, Cause], Awaitable[BaseModel]]:
    async def command(work: Work, cause: Cause) -> BaseModel:
        stocked = await use(work, called_by(name, work, cause), delivery)
        return _stocked_view(delivery.warehouse, stocked.levels, stocked.allocated)

    return command


def _stocked_view(
    warehouse: str, levels: Mapping[str, tuple[int, int]], allocated: int
) -> StockedView:
    items = [_view(warehouse, sku, *level) for sku, level in sorted(levels.items())]
    return StockedView(warehouse=warehouse, items=items, allocated_orders=allocated)


def _view(warehouse: str, sku: str, on_hand: int, reserved: int) -> StockView:
    return StockView(
        warehouse=warehouse,
        sku=sku,
        on_hand=on_hand,
        reserved=reserved,
        available=on_hand - reserved,
    )
