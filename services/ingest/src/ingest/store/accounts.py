"""What intake took in, order by order, for those who audit all services against each other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    RowMapping,
    Select,
    case,
    cast,
    column,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.spans import Span
from common.life_cycle import State
from ingest.store.tables import cancellation, later_payment, quarantine, sales_order


async def page(connection: AsyncConnection, span: Span) -> Sequence[RowMapping]:
    """Return the accounts of a span in the order of order ids."""
    orders = (
        select(sales_order)
        .where(*span.holds(sales_order.c.order_id))
        .order_by(sales_order.c.order_id)
        .limit(span.limit)
        .subquery("orders")
    )
    rows: Sequence[RowMapping] = (await connection.execute(_accounts(orders))).mappings().all()
    return rows


async def count(connection: AsyncConnection, span: Span) -> int:
    """Return how many orders the span has, whatever its limit."""
    statement = select(func.count()).select_from(sales_order)
    found = await connection.scalar(statement.where(*span.holds(sales_order.c.order_id)))
    return found or 0


def _accounts(orders: Any) -> Select[*tuple[Any, ...]]:
    """What is in quarantine has been checked by nobody: of its document nothing is told."""
    o, q, c = orders.c, quarantine.c, cancellation.c
    is_in = o.state == State.RECEIVED
    later = (
        select(
            func.sum(later_payment.c.amount_minor).label("minor"),
            func.max(later_payment.c.received_at).label("last_at"),
        )
        .where(later_payment.c.order_id == o.order_id)
        .lateral("later")
    )
    accepted_at = func.coalesce(q.resolved_at, o.received_at)
    paid = _sum(o.document["payments"], "amount_minor") + func.coalesce(later.c.minor, 0)
    payable = cast(o.document["amounts"]["payable_minor"].as_string(), BigInteger)
    return (
        select(
            o.order_id,
            o.state,
            case((is_in, o.document["currency"].as_string())).label("currency"),
            case((is_in, payable)).label("amount_minor"),
            case((is_in, cast(paid, BigInteger))).label("paid_minor"),
            case((is_in, _sum(o.document["lines"], "quantity"))).label("pieces"),
            c.order_id.is_not(None).label("cancellation_wished"),
            case((is_in, accepted_at)).label("accepted_at"),
            func.greatest(accepted_at, later.c.last_at, c.requested_at).label("changed_at"),
        )
        .select_from(orders)
        .outerjoin(quarantine, q.order_id == o.order_id)
        .outerjoin(cancellation, c.order_id == o.order_id)
        .outerjoin(later, true())
        .order_by(o.order_id)
    )


def _sum(array: Any, field: str) -> ColumnElement[int]:
    """Add up a field over the objects of a JSON array."""
    one = _elements(array, field)
    total = func.sum(cast(one.c.value[field].as_string(), BigInteger))
    return select(cast(func.coalesce(total, 0), BigInteger)).select_from(one).scalar_subquery()


def _elements(array: Any, name: str) -> Any:
    return func.json_array_elements(array).table_valued(column("value", JSON), name=name)
