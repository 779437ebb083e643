"""Payments that channels say they took."""

from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, unnested
from reconciliation.store.tables import transaction

_FACTS = ("paid_at", "amount_minor", "currency", "method", "source_event")


class TransactionView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    reference: str
    method: str
    currency: str
    amount_minor: int
    paid_at: datetime


async def add(connection: AsyncConnection, columns: Columns) -> None:
    """Add the payments, each (order, reference) once in `columns`.

    Where a payment is told again and differently, the later one stands, whichever arrives first.
    """
    if any(columns.values()):
        await connection.execute(_add(tuple(columns)), dict(columns))


@cache
def _add(names: tuple[str, ...]) -> Insert:
    new = unnested(transaction, names)
    statement = insert(transaction).from_select(list(names), select(*(new.c[n] for n in names)))
    told = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["order_id", "reference"],
        set_={name: told[name] for name in _FACTS},
        where=tuple_(*(told[n] for n in _FACTS)) > tuple_(*(transaction.c[n] for n in _FACTS)),
    )


async def of_order(connection: AsyncConnection, order_id: UUID) -> list[TransactionView]:
    rows = await connection.execute(
        select(transaction)
        .where(transaction.c.order_id == order_id)
        .order_by(transaction.c.paid_at, transaction.c.reference)
    )
    return [TransactionView.model_validate(row) for row in rows]
