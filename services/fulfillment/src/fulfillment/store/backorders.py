"""Orders that wait for stock, and the SKUs of which some came in since they were last looked at."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.life_cycle import State
from fulfillment.domain.order import Order
from fulfillment.store.orders import order_of
from fulfillment.store.tables import backorder_line, orders, restocked, stock, warehouse

_SKUS = bindparam("skus", type_=ARRAY(Text))
_IDS = bindparam("order_ids", type_=ARRAY(Uuid))
_wanted = backorder_line.alias("wanted")
_needed = backorder_line.alias("needed")
_available = func.coalesce(stock.c.on_hand - stock.c.reserved, 0)
_short = (
    select(literal(1))
    .select_from(
        _needed.outerjoin(
            stock,
            (stock.c.sku == _needed.c.sku) & (stock.c.warehouse == warehouse.c.code),
        )
    )
    .where(_needed.c.order_id == _wanted.c.order_id, _available < _needed.c.quantity)
    .correlate(_wanted, warehouse)
)
_servable = (
    select(literal(1))
    .select_from(warehouse)
    .where(warehouse.c.active, ~exists(_short))
    .correlate(_wanted)
)
_OLDEST_SERVABLE = (
    select(_wanted.c.order_id)
    .where(_wanted.c.sku == _SKUS.any_(), exists(_servable))
    .group_by(_wanted.c.order_id)
    .order_by(func.min(_wanted.c.placed_at), _wanted.c.order_id)
    .limit(bindparam("limit"))
)
_LOCK_FREE = (
    select(orders)
    .where(orders.c.order_id == _IDS.any_(), orders.c.state == State.BACKORDERED)
    .order_by(orders.c.order_id)
    .with_for_update(skip_locked=True)
)
_MARK = insert(restocked).from_select(
    ["sku"], select(backorder_line.c.sku).where(backorder_line.c.sku == _SKUS.any_()).distinct()
)


async def add(connection: AsyncConnection, waiting: Collection[Order]) -> None:
    """Write down what newly backordered orders wait for."""
    rows = [(o, o.terms, sku) for o in waiting if o.terms for sku in o.terms.wanted]
    columns: Columns = {
        "order_id": [o.order_id for o, _, _ in rows],
        "sku": [sku for _, _, sku in rows],
        "quantity": [terms.wanted[sku] for _, terms, sku in rows],
        "placed_at": [terms.placed_at for _, terms, _ in rows],
    }
    await insert_rows(connection, backorder_line, columns)


async def remove(connection: AsyncConnection, order_ids: Collection[UUID]) -> None:
    if order_ids:
        statement = delete(backorder_line).where(backorder_line.c.order_id == _IDS.any_())
        await connection.execute(statement, {"order_ids": list(order_ids)})


async def oldest_servable(
    connection: AsyncConnection, skus: Collection[str], *, limit: int
) -> list[UUID]:
    """Return orders that wait for one of the SKUs and that one warehouse could now supply whole."""
    rows = await connection.scalars(_OLDEST_SERVABLE, {"skus": sorted(skus), "limit": limit})
    return list(rows)


async def lock_free(connection: AsyncConnection, order_ids: Collection[UUID]) -> list[Order]:
    """Lock those of the orders that still wait and that nobody else holds."""
    if not order_ids:
        return []
    rows = await connection.execute(_LOCK_FREE, {"order_ids": list(order_ids)})
    return [order_of(r) for r in rows]


async def mark(connection: AsyncConnection, skus: Collection[str]) -> None:
    """Have the waiting orders of these SKUs looked at (again) soon, where there are any."""
    if skus:
        await connection.execute(_MARK.on_conflict_do_nothing(), {"skus": sorted(skus)})


async def mark_all_of(connection: AsyncConnection, code: str) -> None:
    """Have everything looked at that waits for what this warehouse keeps."""
    kept = await connection.scalars(select(stock.c.sku).where(stock.c.warehouse == code))
    await mark(connection, list(kept))


async def marked(connection: AsyncConnection) -> list[str]:
    return list(await connection.scalars(select(restocked.c.sku)))


async def unmark(connection: AsyncConnection, skus: Collection[str]) -> None:
    statement = delete(restocked).where(restocked.c.sku == _SKUS.any_())
    await connection.execute(statement, {"skus": sorted(skus)})
