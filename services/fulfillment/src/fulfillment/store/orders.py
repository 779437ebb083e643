"""Orders as they are now. Whoever changes one locks its row first."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, JSON, Row, Text, Uuid, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.order import Customer, Delivery
from common.contracts.order import Order as Placed
from common.database.rows import Columns, insert_statement
from common.life_cycle import State
from fulfillment.domain.order import Cancellation, Order, Outcome
from fulfillment.domain.terms import Piece, Place, Terms, total_by_sku
from fulfillment.store.tables import orders

IN_STORE: Delivery = "in_store"
_JSON = TypeAdapter(dict[str, Any])
_SALE = ("channel", "shop", "channel_order_no")
_LINES = TypeAdapter(list[dict[str, Any]])
_DOCUMENTS = ("particulars", "destination", "edited")
_FIXED = frozenset({"order_id", *_DOCUMENTS})
_LOCK = (
    select(orders)
    .where(orders.c.order_id == bindparam("order_ids", type_=ARRAY(Uuid)).any_())
    .order_by(orders.c.order_id)
    .with_for_update()
)


class Saved(NamedTuple):
    order: Order
    particulars: str | None
    """Receiver, address, lines, payments and sale as JSON; None leaves what is stored."""
    destination: str | None = None
    """Another receiver and address as JSON; None leaves what is stored."""
    lines: str | None = None
    """The lines that are left, as JSON; None leaves what is stored."""


async def lock(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, Order]:
    """Read those of the orders that are known, and keep them as they are."""
    if not order_ids:
        return {}
    rows = await connection.execute(_LOCK, {"order_ids": list(order_ids)})
    return {r.order_id: order_of(r) for r in rows}


async def lock_or_begin(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> dict[UUID, Order]:
    """Lock orders; those not known yet begin here. Inside the gate nobody else begins them."""
    known = await lock(connection, order_ids)
    return {i: known.get(i) or Order(order_id=i) for i in order_ids}


async def save(connection: AsyncConnection, changed: Sequence[Saved]) -> None:
    if not changed:
        return
    rows = [saved.order for saved in changed]
    terms = [order.terms for order in rows]
    cancellations = [order.cancellation for order in rows]
    columns: Columns = {
        "order_id": [o.order_id for o in rows],
        "state": [o.state for o in rows],
        "version": [o.version for o in rows],
        "decision_no": [o.decision_no for o in rows],
        "awaiting_recheck": [o.awaiting_recheck for o in rows],
        "awaiting_channel": [o.awaiting_channel for o in rows],
        "hold_no": [o.hold_no for o in rows],
        "kept_back": [o.kept_back for o in rows],
        "address_no": [o.address_no for o in rows],
        "destination": [saved.destination for saved in changed],
        "lines_no": [o.lines_no for o in rows],
        "edited": [saved.lines for saved in changed],
        "currency": [t and t.currency for t in terms],
        "payable_minor": [t and t.payable_minor for t in terms],
        "paid_minor": [o.paid_minor for o in rows],
        "placed_at": [t and t.placed_at for t in terms],
        "particulars": [saved.particulars for saved in changed],
        "warehouse": [o.warehouse for o in rows],
        "cancellation": [c and c.outcome for c in cancellations],
        "cancellation_at": [c and c.at for c in cancellations],
        "cancellation_reason": [c and c.reason for c in cancellations],
    }
    await connection.execute(_save_statement(tuple(columns)), dict(columns))


@cache
def _save_statement(names: tuple[str, ...]) -> Insert:
    statement = insert_statement(orders, names)
    new = statement.excluded
    values: dict[str, Any] = {name: new[name] for name in names if name not in _FIXED}
    values |= {name: func.coalesce(new[name], orders.c[name]) for name in _DOCUMENTS}
    values["particulars"] = case(
        (new.edited.is_(None), values["particulars"]),
        else_=_with_lines(values["particulars"], new.edited),
    )
    return statement.on_conflict_do_update(index_elements=["order_id"], set_=values)


def _with_lines(particulars: Any, lines: Any) -> Any:
    path = cast(["lines"], ARRAY(Text))
    return cast(func.jsonb_set(cast(particulars, JSONB), path, cast(lines, JSONB)), JSON)


def order_of(row: Row[Any]) -> Order:
    cancellation = None
    if row.cancellation is not None:
        cancellation = Cancellation(
            Outcome(row.cancellation), row.cancellation_at, row.cancellation_reason
        )
    return Order(
        order_id=row.order_id,
        state=State(row.state),
        version=row.version,
        decision_no=row.decision_no,
        awaiting_recheck=row.awaiting_recheck,
        awaiting_channel=row.awaiting_channel,
        hold_no=row.hold_no,
        kept_back=row.kept_back,
        address_no=row.address_no,
        lines_no=row.lines_no,
        edited=tuple(Piece(**line) for line in row.edited or ()),
        destination=None if row.destination is None else _place_of(row.destination["address"]),
        terms=None if row.particulars is None else _terms_of(row),
        paid_minor=row.paid_minor,
        warehouse=row.warehouse,
        cancellation=cancellation,
    )


def receiver_of(customer: Customer) -> dict[str, Any]:
    """Return whom the label names; of one that the channel masks also its key to the receiver."""
    token = (customer.receiver_token or "").strip() or None
    return {"name": customer.name, "phone": customer.phone, "token": token}


def particulars_of(placed: Placed) -> str:
    """Return what a label and a packer need of an order, where it was sold, and what was paid."""
    whole = {
        "receiver": receiver_of(placed.customer),
        "address": dict(placed.address),
        "lines": [_line(i.sku, i.title, i.quantity) for i in placed.lines],
        "payments": {p.reference: p.amount_minor for p in placed.payments},
        "delivery": placed.delivery,
        "sale": {name: getattr(placed, name) for name in _SALE},
    }
    return _JSON.dump_json(whole).decode()


def lines_of(pieces: Sequence[Piece]) -> str:
    return _LINES.dump_json([_line(*piece) for piece in pieces]).decode()


def _line(sku: str, title: str, quantity: int) -> dict[str, Any]:
    return {"sku": sku, "title": title, "quantity": quantity}


def destination_of(receiver: dict[str, Any], address: dict[str, Any]) -> str:
    return _JSON.dump_json({"receiver": receiver, "address": address}).decode()


def _place_of(address: dict[str, Any]) -> Place:
    return Place(address["country"], address["province"])


def _terms_of(row: Row[Any]) -> Terms:
    particulars = row.particulars
    return Terms(
        currency=row.currency,
        payable_minor=row.payable_minor,
        placed_at=row.placed_at,
        payments=particulars["payments"],
        wanted=total_by_sku((line["sku"], line["quantity"]) for line in particulars["lines"]),
        country=particulars["address"]["country"],
        region=particulars["address"]["province"],
        in_store=particulars.get("delivery") == IN_STORE,  # older ones do not say
    )
