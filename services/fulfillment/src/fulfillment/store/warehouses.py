"""Where stock lies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.store.tables import warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    code: str
    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    priority: int
    active: bool = True


async def add(connection: AsyncConnection, new: Warehouse) -> bool:
    """Add a warehouse; False where the code is taken."""
    statement = insert(warehouse).values(**asdict(new)).on_conflict_do_nothing()
    added = await connection.execute(statement.returning(warehouse.c.code))
    return added.one_or_none() is not None


async def put(connection: AsyncConnection, wanted: Warehouse) -> None:
    """Make the warehouse of this code be so, new or not."""
    values = asdict(wanted)
    statement = insert(warehouse).values(**values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["code"], set_=values))


async def find(connection: AsyncConnection, code: str) -> Warehouse | None:
    statement = select(warehouse).where(warehouse.c.code == code)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Warehouse(**row)


async def exists(connection: AsyncConnection, code: str) -> bool:
    statement = select(warehouse.c.code).where(warehouse.c.code == code)
    return (await connection.execute(statement)).one_or_none() is not None


async def listed(connection: AsyncConnection, *, after: str, limit: int) -> Sequence[Warehouse]:
    statement = (
        select(warehouse).where(warehouse.c.code > after).order_by(warehouse.c.code).limit(limit)
    )
    return [Warehouse(**r) for r in (await connection.execute(statement)).mappings()]
