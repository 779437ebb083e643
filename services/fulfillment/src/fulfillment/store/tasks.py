"""What warehouses have to pick and pack: one task, and one parcel, each time one is allocated."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.life_cycle import State
from fulfillment.domain.order import GIVING_BACK, Order
from fulfillment.store.given import as_given, given_rows
from fulfillment.store.tables import task

_new = given_rows(task, ("order_id", "state"))
is_living = task.c.state != State.CANCELLED
"""The task was not ended; an order has at most one such."""
_FOLLOW = (
    update(task).where(task.c.order_id == _new.c.order_id, is_living).values(state=_new.c.state)
)


@dataclass(frozen=True, slots=True)
class Task:
    task_id: UUID
    code: str
    order_id: UUID
    warehouse: str


async def add(connection: AsyncConnection, tasks: Sequence[Task], created_at: datetime) -> None:
    columns: Columns = {
        "task_id": [t.task_id for t in tasks],
        "code": [t.code for t in tasks],
        "order_id": [t.order_id for t in tasks],
        "warehouse": [t.warehouse for t in tasks],
        "state": [State.ALLOCATED] * len(tasks),
        "created_at": [created_at] * len(tasks),
    }
    await insert_rows(connection, task, columns)


async def follow(connection: AsyncConnection, changed: Collection[Order]) -> None:
    """Give the living tasks of these orders the orders' states; a held order's task is ended."""
    if changed:
        columns: Columns = {
            "order_id": [o.order_id for o in changed],
            "state": [State.CANCELLED if o.state in GIVING_BACK else o.state for o in changed],
        }
        await connection.execute(_FOLLOW, as_given(columns))


async def end(connection: AsyncConnection, orders: Collection[Order]) -> None:
    """End the living tasks of these orders, whatever becomes of the orders."""
    if orders:
        columns: Columns = {
            "order_id": [o.order_id for o in orders],
            "state": [State.CANCELLED] * len(orders),
        }
        await connection.execute(_FOLLOW, as_given(columns))


async def order_of_task(connection: AsyncConnection, code: str) -> UUID | None:
    statement = select(task.c.order_id).where(task.c.code == code)
    found: UUID | None = (await connection.execute(statement)).scalar_one_or_none()
    return found


async def is_ended(connection: AsyncConnection, code: str) -> bool:
    """Tell whether the task was ended; lock its order first, else it may end meanwhile."""
    statement = select(~is_living).where(task.c.code == code)
    return bool((await connection.execute(statement)).scalar_one())
