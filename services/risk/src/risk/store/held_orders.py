"""Orders waiting for a person, whole, since they go on with the approval; gone once reviewed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.order import Order
from common.database.rows import insert_rows
from risk.domain.assessment import Assessment
from risk.store.assessments import assessment_of
from risk.store.tables import assessment, held_order


@dataclass(frozen=True, slots=True)
class HeldOrder:
    held: Assessment
    correlation_id: UUID
    """The flow the order belongs to."""
    order: Order


_SELECT = select(assessment, held_order.c.correlation_id, held_order.c.order).join_from(
    held_order,
    assessment,
    (assessment.c.order_id == held_order.c.order_id)
    & (assessment.c.decision_no == held_order.c.decision_no),
)


async def add(connection: AsyncConnection, orders: Sequence[HeldOrder]) -> None:
    columns: dict[str, list[Any]] = {
        "order_id": [o.held.order_id for o in orders],
        "decision_no": [o.held.decision_no for o in orders],
        "correlation_id": [o.correlation_id for o in orders],
        "order": [o.order.model_dump_json() for o in orders],
    }
    await insert_rows(connection, held_order, columns)


async def put(connection: AsyncConnection, orders: Sequence[HeldOrder]) -> None:
    """Let the orders wait for review by their latest decision, whether they wait already or not."""
    await remove(connection, [o.held.order_id for o in orders])
    await add(connection, orders)


async def lock(connection: AsyncConnection, order_id: UUID) -> HeldOrder | None:
    """Return the order if it waits for review, and let nobody else review it meanwhile."""
    statement = _SELECT.where(held_order.c.order_id == order_id).with_for_update(of=held_order)
    found = await _all(connection, statement)
    return found[0] if found else None


async def lock_all(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> dict[UUID, HeldOrder]:
    """Return those of the orders that wait for review, kept from being reviewed meanwhile."""
    given = bindparam("order_ids", type_=ARRAY(Uuid))
    statement = _SELECT.where(held_order.c.order_id == given.any_())
    statement = statement.order_by(held_order.c.order_id).with_for_update(of=held_order)
    found = await _all(connection, statement, {"order_ids": list(order_ids)})
    return {order.held.order_id: order for order in found}


async def remove(connection: AsyncConnection, order_ids: Collection[UUID]) -> None:
    given = bindparam("order_ids", type_=ARRAY(Uuid))
    statement = delete(held_order).where(held_order.c.order_id == given.any_())
    await connection.execute(statement, {"order_ids": list(order_ids)})


async def page(connection: AsyncConnection, after: UUID | None, limit: int) -> list[HeldOrder]:
    """Return waiting orders, the one that waits longest first."""
    statement = _SELECT.order_by(held_order.c.order_id).limit(limit)
    if after is not None:
        statement = statement.where(held_order.c.order_id > after)
    return await _all(connection, statement)


async def _all(
    connection: AsyncConnection,
    statement: Select[tuple[object, ...]],
    given: Mapping[str, object] | None = None,
) -> list[HeldOrder]:
    return [
        HeldOrder(assessment_of(row), row.correlation_id, Order.model_validate(row.order))
        for row in await connection.execute(statement, given or {})
    ]
