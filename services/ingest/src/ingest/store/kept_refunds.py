"""Refunds that were asked for while their order was in quarantine: told once it is let in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.ingest import RefundRequested
from common.database.rows import insert_new_rows
from ingest.store.waiting_tables import kept_refund

_FIELDS = ("order_id", "reference", "currency", "amount_minor", "reason", "requested_at")


async def keep(connection: AsyncConnection, refunds: Sequence[RefundRequested]) -> bool:
    """Keep refunds; return whether any is new."""
    columns = {name: [getattr(refund, name) for refund in refunds] for name in _FIELDS}
    return bool(await insert_new_rows(connection, kept_refund, columns, returning="reference"))


async def take(connection: AsyncConnection, order_id: UUID) -> list[RefundRequested]:
    """Return what was kept for the order, and keep it no longer."""
    statement = delete(kept_refund).where(kept_refund.c.order_id == order_id)
    rows = await connection.execute(statement.returning(*(kept_refund.c[name] for name in _FIELDS)))
    return [RefundRequested(**row) for row in rows.mappings()]
