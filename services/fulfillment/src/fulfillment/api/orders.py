"""HTTP: orders, as far as fulfilment is concerned."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from common.contracts.event import Cause
from common.database.operations import record
from common.database.work import Work
from common.http.idempotency import Once
from common.http.problems import Conflict, NotFound, ProblemView
from common.http.reading import Reading
from common.life_cycle import State, Trigger
from fulfillment.api.fields import After, Body, Limit, Reader, Reason, Writer
from fulfillment.domain.order import Holder, holders, is_blocked
from fulfillment.store import gate, listings, orders
from fulfillment.use_cases.cancelling import Wish, cancel
from fulfillment.use_cases.changes import called_by

router = APIRouter(prefix="/v1/orders", tags=["orders"])


class CancelBody(Body):
    reason: Reason


class StepView(BaseModel):
    version: int
    from_state: State = Field(serialization_alias="from")
    trigger: Trigger
    to: State
    at: AwareDatetime
    by: str
    reason: str | None


class ShipmentPart(BaseModel):
    courier: str
    tracking_no: str
    status: State
    handed_over_at: AwareDatetime


class CancellationPart(BaseModel):
    outcome: str
    at: AwareDatetime
    reason: str


class OrderSummary(BaseModel):
    order_id: UUID
    state: State
    version: int
    placed_at: AwareDatetime | None
    currency: str | None
    payable_minor: int | None
    paid_minor: int
    warehouse: str | None
    """The last that reserved for it."""
    blocked: bool
    """Stock is reserved, but nothing may leave before risk has looked again."""
    kept_back: str | None
    """Why the channel keeps it back, where it does."""
    held_by: list[Holder]
    """Of a held order, whose holds have to end before it goes on."""
    in_store: bool
    """It was sold over the counter: no warehouse has a task for it."""
    task_code: str | None
    shipment: ShipmentPart | None
    cancellation: CancellationPart | None


class OrderView(OrderSummary):
    history: list[StepView]


class OrderPage(BaseModel):
    items: list[OrderSummary]
    next: UUID | None = None
    """Give this as `after` for what follows."""


@router.get("/{order_id}", responses={404: {"model": ProblemView}})
async def read_order(_: Reader, connection: Reading, order_id: UUID) -> OrderView:
    """Return where an order is, and every step that brought it there."""
    row = await listings.order(connection, order_id)
    if row is None:
        raise NotFound(f"Order {order_id} is not known here.")
    return _view(row, await listings.steps(connection, order_id))


@router.get("")
async def list_orders(
    _: Reader,
    connection: Reading,
    state: Annotated[State | None, Query()] = None,
    after: After = None,
    limit: Limit = 100,
) -> OrderPage:
    """List orders by id, which is the sequence they came in."""
    rows = await listings.orders_page(connection, state=state, after=after, limit=limit)
    items = [OrderSummary.model_validate(_summary(r)) for r in rows]
    return OrderPage(items=items, next=items[-1].order_id if len(items) == limit else None)


@router.post(
    "/{order_id}/cancel",
    response_model=OrderView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def cancel_order(principal: Writer, once: Once, order_id: UUID, body: CancelBody) -> Response:
    """Cancel an order whose parcel has not left."""

    async def command(work: Work, cause: Cause) -> BaseModel:
        await gate.enter(work.connection)
        order = (await orders.lock(work.connection, [order_id])).get(order_id)
        if order is None:
            raise NotFound(f"Order {order_id} is not known here.")
        wish = Wish(body.reason, called_by(principal.name, work, cause))
        cancelled = await cancel(work, {order_id: order}, {order_id: wish})
        if (state := cancelled[order_id].state) is not State.CANCELLED:
            raise Conflict(f"The order has left: it is {state}.")
        record(
            work,
            actor=principal.name,
            action="order.cancelled",
            subject=("order", order_id),
            order_id=order_id,
            before={"state": order.state},
            after={"state": state},
            reason=body.reason,
        )
        row = await listings.order(work.connection, order_id)
        assert row is not None  # noqa: S101 - it was locked above
        return _view(row, await listings.steps(work.connection, order_id))

    return await once.run(principal, command)


def _summary(row: listings.Record) -> dict[str, object]:
    shipment = cancellation = None
    if row["courier"] is not None:
        shipment = {
            name: row[name] for name in ("courier", "tracking_no", "status", "handed_over_at")
        }
    if row["cancellation"] is not None:
        cancellation = {
            "outcome": row["cancellation"],
            "at": row["cancellation_at"],
            "reason": row["cancellation_reason"],
        }
    blocked = is_blocked(State(row["state"]), awaiting_recheck=row["awaiting_recheck"])
    held_by = holders(
        State(row["state"]), row["kept_back"], awaiting_channel=row["awaiting_channel"]
    )
    in_store = (row["particulars"] or {}).get("delivery") == orders.IN_STORE
    return {
        **row,
        "blocked": blocked,
        "held_by": held_by,
        "in_store": in_store,
        "shipment": shipment,
        "cancellation": cancellation,
    }


def _view(row: listings.Record, steps: Sequence[listings.Record]) -> OrderView:
    history = [StepView(**s, from_state=s["source"], to=s["target"]) for s in steps]
    return OrderView.model_validate({**_summary(row), "history": history})
