"""Every step every order took, append-only."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.life_cycle import Trigger
from fulfillment.domain.order import Order
from fulfillment.store.tables import order_step


async def add(connection: AsyncConnection, changed: Iterable[Order]) -> None:
    """Append the steps taken since the orders were loaded."""
    taken = [(order.order_id, step) for order in changed for step in order.steps]
    columns: Columns = {
        "order_id": [order_id for order_id, _ in taken],
        "version": [step.version for _, step in taken],
        "source": [step.source for _, step in taken],
        "trigger": [step.trigger for _, step in taken],
        "target": [step.target for _, step in taken],
        "at": [step.because.at for _, step in taken],
        "by": [step.because.by for _, step in taken],
        "reason": [step.reason for _, step in taken],
    }
    await insert_rows(connection, order_step, columns)


async def version_after(connection: AsyncConnection, order_id: UUID, trigger: Trigger) -> int:
    """Return which step of the order this trigger was."""
    statement = select(func.max(order_step.c.version)).where(
        order_step.c.order_id == order_id, order_step.c.trigger == trigger
    )
    return int((await connection.execute(statement)).scalar_one())
