"""How much of each SKU lies in each warehouse, and how much of it is promised."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_new_rows
from fulfillment.domain.allocation import Shelf
from fulfillment.domain.distance import Point
from fulfillment.store.given import as_given, given_rows
from fulfillment.store.tables import stock, warehouse

_SKUS = bindparam("skus", type_=ARRAY(Text))
_ORDER = (stock.c.sku, stock.c.warehouse)
_LOCKED = (
    select(stock.c.warehouse, stock.c.sku, (stock.c.on_hand - stock.c.reserved).label("available"))
    .where(stock.c.sku == _SKUS.any_())
    .order_by(*_ORDER)
    .with_for_update()
    .cte("locked")
)
_SHELVES = (
    select(
        warehouse.c.code,
        warehouse.c.name,
        warehouse.c.latitude,
        warehouse.c.longitude,
        warehouse.c.priority,
        func.array_agg(_LOCKED.c.sku).label("skus"),
        func.array_agg(_LOCKED.c.available).label("available"),
    )
    .join(_LOCKED, _LOCKED.c.warehouse == warehouse.c.code)
    .where(warehouse.c.active)
    .group_by(warehouse.c.code)
)
_moved = given_rows(stock, ("warehouse", "sku", "on_hand", "reserved"))
_MOVE = (
    update(stock)
    .where(stock.c.warehouse == _moved.c.warehouse, stock.c.sku == _moved.c.sku)
    .values(
        on_hand=stock.c.on_hand + _moved.c.on_hand, reserved=stock.c.reserved + _moved.c.reserved
    )
)


class Movement(NamedTuple):
    """By how much a stock row changes."""

    on_hand: int = 0
    reserved: int = 0


Movements = Mapping[tuple[str, str], Movement]
"""(warehouse, SKU) -> change."""


class Level(NamedTuple):
    on_hand: int
    reserved: int


async def lock(connection: AsyncConnection, skus: Collection[str]) -> list[Shelf]:
    """Read what active warehouses can promise of these SKUs, and keep it so."""
    rows = await connection.execute(_SHELVES, {"skus": sorted(skus)})
    return [
        Shelf(
            warehouse=r.code,
            name=r.name,
            place=Point(r.latitude, r.longitude),
            priority=r.priority,
            available=dict(zip(r.skus, r.available, strict=True)),
        )
        for r in rows
    ]


async def move(connection: AsyncConnection, movements: Movements) -> None:
    if movements:
        columns: Columns = {
            "warehouse": [key[0] for key in movements],
            "sku": [key[1] for key in movements],
            "on_hand": [m.on_hand for m in movements.values()],
            "reserved": [m.reserved for m in movements.values()],
        }
        await connection.execute(_MOVE, as_given(columns))


async def add_rows(connection: AsyncConnection, rows: Mapping[tuple[str, str], int]) -> int:
    """Begin to keep SKUs in warehouses, with what is on hand; known ones stay as they are."""
    keys = sorted(rows)
    columns: Columns = {
        "warehouse": [key[0] for key in keys],
        "sku": [key[1] for key in keys],
        "on_hand": [rows[key] for key in keys],
        "reserved": [0] * len(keys),
    }
    return len(await insert_new_rows(connection, stock, columns, returning="sku"))


async def levels(connection: AsyncConnection, code: str, skus: Collection[str]) -> dict[str, Level]:
    statement = select(stock).where(and_(stock.c.warehouse == code, stock.c.sku == _SKUS.any_()))
    rows = await connection.execute(statement, {"skus": sorted(skus)})
    return {r.sku: Level(r.on_hand, r.reserved) for r in rows}
