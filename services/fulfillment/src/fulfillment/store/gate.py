"""The gate that transactions which may move stock pass one at a time, before they lock anything.

Batches want the same popular SKUs and so would wait for each other anyway. But a batch of several
kinds of events locks orders and stock once for each kind; without the gate two such batches would
lock the same rows in different orders, and deadlock.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

_KEY = 0x51_0C_E1
_ENTER = select(func.pg_advisory_xact_lock(_KEY))


async def enter(connection: AsyncConnection) -> None:
    """Wait for the turn; it lasts until the transaction ends. Entering twice is harmless."""
    await connection.execute(_ENTER)
