"""Chores that every worker has and one does at a time."""

from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


class Turn(IntEnum):
    """Any numbers, as long as they differ."""

    SHADOWING = 0x51_0C_E3
    WATCHING = 0x51_0C_E4


async def take(connection: AsyncConnection, turn: Turn) -> bool:
    """Tell whether nobody else is at it; keeps others away until the transaction ends."""
    return bool(await connection.scalar(select(func.pg_try_advisory_xact_lock(turn.value))))
