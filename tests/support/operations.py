"""What a service's operation log says, oldest first; it has to hold whenever somebody looks."""

from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.operation_chain import Operation
from common.database.operation_log import in_order, inspect
from common.database.schema import Carried


async def operations_in(engine: AsyncEngine, tables: Carried) -> list[Operation]:
    async with engine.connect() as connection:
        assert (await inspect(connection, tables, {})).fault is None
        return [entry.operation async for entry in in_order(connection, tables)]
