"""Orders that had left when they were flagged: rows are added, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_new_rows
from risk.store.tables import missed_hold


@dataclass(frozen=True, slots=True)
class Missed:
    order_id: UUID
    decision_no: int
    state: str
    """Where the order was."""


async def add(connection: AsyncConnection, missed: Sequence[Missed], now: datetime) -> None:
    columns: Columns = {
        "order_id": [m.order_id for m in missed],
        "decision_no": [m.decision_no for m in missed],
        "state": [m.state for m in missed],
        "missed_at": [now] * len(missed),
    }
    await insert_new_rows(connection, missed_hold, columns, returning="order_id")


async def of_orders(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return where each of the orders was that left before its hold."""
    statement = select(missed_hold).where(missed_hold.c.order_id.in_(order_ids))
    return {row.order_id: row.state for row in await connection.execute(statement)}
