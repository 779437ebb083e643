"""All money at once: what must add up however it is matched."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciliation.store.orders import current_state
from reconciliation.store.tables import (
    fulfilment,
    match,
    open_line,
    order_account,
    statement_line,
    transaction,
)

_SUMS = (
    "orders",
    "payable_minor",
    "cancelled_payable_minor",
    "claimed_minor",
    "statement_minor",
    "received_minor",
    "unmatched_minor",
    "repeated_minor",
)


class MoneyView(BaseModel):
    """In every currency: statement = received + unmatched + repeated."""

    model_config = ConfigDict(from_attributes=True)

    currency: str
    orders: int
    payable_minor: int
    cancelled_payable_minor: int
    claimed_minor: int
    statement_minor: int
    received_minor: int
    unmatched_minor: int
    repeated_minor: int


async def by_currency(connection: AsyncConnection) -> list[MoneyView]:
    """Add everything up in one statement, so that all figures are of one moment."""
    is_cancelled = fulfilment.c.state == "cancelled"
    payable = order_account.c.payable_minor
    orders = select(
        order_account.c.currency,
        *_sums(
            orders=func.count(),
            payable_minor=func.sum(payable),
            cancelled_payable_minor=func.sum(payable).filter(is_cancelled),
        ),
    ).outerjoin(fulfilment, fulfilment.c.order_id == order_account.c.order_id)
    amount = statement_line.c.amount_minor
    repeated = func.sum(case((statement_line.c.repeated, amount), else_=0))
    lines = _sums(statement_minor=func.sum(amount), repeated_minor=repeated)
    parts = union_all(
        orders.group_by(order_account.c.currency),
        _of(transaction, "claimed_minor"),
        select(statement_line.c.currency, *lines).group_by(statement_line.c.currency),
        _of(match, "received_minor"),
        _of(open_line, "unmatched_minor"),
    ).subquery()
    sums = [cast(func.sum(parts.c[name]), BigInteger).label(name) for name in _SUMS]
    rows = await connection.execute(
        select(parts.c.currency, *sums).group_by(parts.c.currency).order_by(parts.c.currency)
    )
    return [MoneyView.model_validate(row) for row in rows]


def _of(relation: FromClause, name: str) -> Select[*tuple[Any, ...]]:
    sums = _sums(**{name: func.sum(relation.c.amount_minor)})
    return select(relation.c.currency, *sums).group_by(relation.c.currency)


def _sums(**known: ColumnElement[Any]) -> list[ColumnElement[int]]:
    """Return all sums in one order, those not known as zero."""
    zero = literal(0, BigInteger)
    return [
        cast(func.coalesce(known.get(name, zero), zero), BigInteger).label(name) for name in _SUMS
    ]


async def by_state(connection: AsyncConnection) -> dict[str, int]:
    """Return how many orders are in each state."""
    state = current_state().label("state")
    rows = await connection.execute(
        select(state, func.count().label("orders"))
        .select_from(order_account)
        .outerjoin(fulfilment, fulfilment.c.order_id == order_account.c.order_id)
        .group_by(state)
    )
    return {row.state: row.orders for row in rows}
