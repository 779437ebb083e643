"""What orders owe."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Row, Select, Text, case, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_new_rows
from reconciliation.store.tables import fulfilment, order_account, transaction


class OrderView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    order_id: UUID
    channel: str
    shop: str
    channel_order_no: str
    state: str
    currency: str
    goods_minor: int
    freight_minor: int
    discount_minor: int
    tax_minor: int
    payable_minor: int
    placed_at: datetime
    received_at: datetime


async def add(connection: AsyncConnection, columns: Columns) -> None:
    """Add the orders that are not there yet; an order is told the same each time."""
    await insert_new_rows(connection, order_account, columns, returning="order_id")


def current_state() -> ColumnElement[str]:
    """Return what is known of where the order stands, nearest to its end first."""
    paid = exists().where(transaction.c.order_id == order_account.c.order_id)
    before = case((paid, literal("received", Text)), else_="awaiting_payment")
    return func.coalesce(fulfilment.c.state, before)


def _orders() -> Select[*tuple[object, ...]]:
    return select(order_account, current_state().label("state")).outerjoin(
        fulfilment, fulfilment.c.order_id == order_account.c.order_id
    )


async def find(connection: AsyncConnection, order_id: UUID) -> OrderView | None:
    row = (await connection.execute(_orders().where(order_account.c.order_id == order_id))).first()
    return None if row is None else OrderView.model_validate(row)


async def listed(
    connection: AsyncConnection, wanted: dict[str, str], *, after: UUID | None, limit: int
) -> list[OrderView]:
    """Return a page of orders; `wanted` names columns, or `state`, and their value."""
    statement = _orders().order_by(order_account.c.order_id).limit(limit)
    for name, value in wanted.items():
        column = current_state() if name == "state" else order_account.c[name]
        statement = statement.where(column == value)
    if after is not None:
        statement = statement.where(order_account.c.order_id > after)
    rows: Sequence[Row[*tuple[object, ...]]] = (await connection.execute(statement)).all()
    return [OrderView.model_validate(row) for row in rows]
