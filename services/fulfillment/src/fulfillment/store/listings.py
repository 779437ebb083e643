"""What is shown of orders, tasks, stock and shipments."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from common.life_cycle import State
from fulfillment.store.tables import order_step, orders, shipment, stock, task
from fulfillment.store.tasks import is_living

_last_task = (
    select(task.c.code)
    .where(task.c.order_id == orders.c.order_id)
    .order_by(task.c.task_id.desc())
    .limit(1)
    .correlate(orders)
    .scalar_subquery()
)
_ORDER = select(
    orders,
    _last_task.label("task_code"),
    shipment.c.courier,
    shipment.c.tracking_no,
    shipment.c.status,
    shipment.c.handed_over_at,
).select_from(orders.outerjoin(shipment, shipment.c.order_id == orders.c.order_id))
_TASKS = select(task, orders.c.awaiting_recheck).select_from(
    task.join(orders, orders.c.order_id == task.c.order_id)
)
_TASK = select(
    task,
    orders.c.awaiting_recheck,
    orders.c.version,
    orders.c.particulars,
    orders.c.destination,
    shipment.c.courier,
    shipment.c.tracking_no,
).select_from(
    task.join(orders, orders.c.order_id == task.c.order_id).outerjoin(
        shipment, (shipment.c.order_id == task.c.order_id) & is_living
    )
)
_TASK_PLACE = (task.c.order_id, task.c.task_id)

Record = RowMapping
"""One row by column name, for a view to be made of."""


async def order(connection: AsyncConnection, order_id: UUID) -> RowMapping | None:
    statement = _ORDER.where(orders.c.order_id == order_id)
    return (await connection.execute(statement)).mappings().one_or_none()


async def steps(connection: AsyncConnection, order_id: UUID) -> Sequence[RowMapping]:
    statement = (
        select(order_step).where(order_step.c.order_id == order_id).order_by(order_step.c.version)
    )
    return await _all(connection, statement)


async def orders_page(
    connection: AsyncConnection, *, state: State | None, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    statement = _ORDER.order_by(orders.c.order_id).limit(limit)
    if state is not None:
        statement = statement.where(orders.c.state == state)
    if after is not None:
        statement = statement.where(orders.c.order_id > after)
    return await _all(connection, statement)


async def one_task(connection: AsyncConnection, code: str) -> RowMapping | None:
    statement = _TASK.where(task.c.code == code)
    return (await connection.execute(statement)).mappings().one_or_none()


class TaskPlace(NamedTuple):
    """A place in the list of tasks: after this task, or after all tasks of this order."""

    order_id: UUID
    task_id: UUID | None


async def tasks_page(
    connection: AsyncConnection,
    *,
    wanted: tuple[str | None, State | None],
    after: TaskPlace | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List tasks of a warehouse, in a state, or both."""
    code, state = wanted
    statement = _TASKS.order_by(*_TASK_PLACE).limit(limit)
    if code is not None:
        statement = statement.where(task.c.warehouse == code)
    if state is not None:
        statement = statement.where(task.c.state == state)
    if after is not None and after.task_id is not None:
        statement = statement.where(tuple_(*_TASK_PLACE) > after)
    elif after is not None:
        statement = statement.where(task.c.order_id > after.order_id)
    return await _all(connection, statement)


async def stock_page(
    connection: AsyncConnection,
    *,
    wanted: tuple[str | None, str | None],
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List stock of a warehouse, of a SKU, or both; `after` is a (SKU, warehouse)."""
    code, sku = wanted
    key = (stock.c.sku, stock.c.warehouse)
    statement = select(stock).order_by(*key).limit(limit)
    if code is not None:
        statement = statement.where(stock.c.warehouse == code)
    if sku is not None:
        statement = statement.where(stock.c.sku == sku)
    if after is not None:
        statement = statement.where(tuple_(*key) > after)
    return await _all(connection, statement)


async def shipments_page(
    connection: AsyncConnection, *, tracking_no: str | None, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    statement = select(shipment).order_by(shipment.c.order_id).limit(limit)
    if tracking_no is not None:
        statement = statement.where(shipment.c.tracking_no == tracking_no)
    if after is not None:
        statement = statement.where(shipment.c.order_id > after)
    return await _all(connection, statement)


async def _all(connection: AsyncConnection, statement: Select[Any]) -> Sequence[RowMapping]:
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows
