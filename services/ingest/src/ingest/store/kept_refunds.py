"""Refunds that nobody was told of: their order was in quarantine when the channel told of them.

They are told once it is let in. Those of an order that never is, and those in a currency that is
not its own, stay here until a person closes them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping as Record
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.ingest import RefundRequested
from common.database.rows import insert_new_rows
from common.life_cycle import State
from ingest.store.tables import quarantine, sales_order
from ingest.store.waiting_tables import kept_refund

_FIELDS = ("order_id", "reference", "currency", "amount_minor", "reason", "requested_at")


async def keep(connection: AsyncConnection, refunds: Sequence[RefundRequested]) -> bool:
    """Keep refunds; return whether any is new."""
    columns = {name: [getattr(refund, name) for refund in refunds] for name in _FIELDS}
    return bool(await insert_new_rows(connection, kept_refund, columns, returning="reference"))


async def take(
    connection: AsyncConnection, order_id: UUID, currencies: Collection[str]
) -> list[RefundRequested]:
    """Return what was kept for the order in these currencies, and keep it no longer."""
    statement = delete(kept_refund).where(
        kept_refund.c.order_id == order_id,
        kept_refund.c.currency.in_(currencies),
        kept_refund.c.closed_at.is_(None),
    )
    rows = await connection.execute(statement.returning(*(kept_refund.c[name] for name in _FIELDS)))
    return [RefundRequested(**row) for row in rows.mappings()]


async def forget(connection: AsyncConnection, order_id: UUID, reference: str) -> None:
    """Keep a refund no longer that was told of otherwise."""
    await connection.execute(
        delete(kept_refund).where(
            kept_refund.c.order_id == order_id, kept_refund.c.reference == reference
        )
    )


async def untold(connection: AsyncConnection, *, limit: int) -> Sequence[Record]:
    """Return refunds that nobody will be told of: their order does not wait any longer."""
    shown = (
        *(kept_refund.c[name] for name in _FIELDS if name != "reason"),
        sales_order.c.channel,
        sales_order.c.shop,
        sales_order.c.channel_order_no,
        sales_order.c.state,
        quarantine.c.merged_into,
    )
    order = (kept_refund.c.order_id, kept_refund.c.reference)
    statement = _untold(select(*shown)).order_by(*order).limit(limit)
    rows: Sequence[Record] = (await connection.execute(statement)).mappings().all()
    return rows


async def count_untold(connection: AsyncConnection) -> int:
    found: int = (await connection.execute(_untold(select(func.count())))).scalar_one()
    return found


def _untold(statement: Select[Any]) -> Select[Any]:
    joined = kept_refund.join(sales_order, sales_order.c.order_id == kept_refund.c.order_id)
    joined = joined.outerjoin(quarantine, quarantine.c.order_id == kept_refund.c.order_id)
    return statement.select_from(joined).where(
        kept_refund.c.closed_at.is_(None), sales_order.c.state != State.QUARANTINED
    )


async def close(
    connection: AsyncConnection, order_id: UUID, reference: str, now: datetime
) -> Record | None:
    """Note that a person has seen to a refund; return it, or None where none waits for that.

    It stays, so that the channel's repeat of it is not taken for another.
    """
    statement = (
        update(kept_refund)
        .where(
            kept_refund.c.order_id == sales_order.c.order_id,
            sales_order.c.state != State.QUARANTINED,
            kept_refund.c.order_id == order_id,
            kept_refund.c.reference == reference,
            kept_refund.c.closed_at.is_(None),
        )
        .values(closed_at=now)
        .returning(kept_refund.c.currency, kept_refund.c.amount_minor)
    )
    return (await connection.execute(statement)).mappings().one_or_none()
