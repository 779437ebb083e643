"""A read-only database connection per request."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


async def open_reading(request: Request) -> AsyncGenerator[AsyncConnection]:
    engine: AsyncEngine = request.app.state.works.engine
    async with engine.connect() as connection:
        await connection.execution_options(postgresql_readonly=True)
        yield connection


Reading = Annotated[AsyncConnection, Depends(open_reading)]
