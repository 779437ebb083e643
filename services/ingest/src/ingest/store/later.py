"""What channels report about an order after it came in: payments and cancellations, once each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.contracts.order import Payment
from common.database.rows import Columns, insert_new_rows
from common.ids import new_id
from ingest.store.tables import cancellation, later_fact, later_payment


async def add_payments(
    connection: AsyncConnection, payments: Sequence[tuple[UUID, Payment]], now: datetime
) -> list[tuple[UUID, Payment]]:
    """Add payments by order; return those that were new."""
    by_id = {new_id(): payment for payment in payments}
    added = await insert_new_rows(
        connection,
        later_payment,
        {
            "payment_id": list(by_id),
            "order_id": [order_id for order_id, _ in by_id.values()],
            "reference": [payment.reference for _, payment in by_id.values()],
            "method": [payment.method for _, payment in by_id.values()],
            "amount_minor": [payment.amount_minor for _, payment in by_id.values()],
            "paid_at": [payment.paid_at for _, payment in by_id.values()],
            "received_at": [now] * len(by_id),
        },
        returning="payment_id",
    )
    return [by_id[payment_id] for payment_id in added]


async def amounts(connection: AsyncConnection, order_id: UUID) -> dict[str | None, int]:
    """Return what was paid later, in minor units by reference; call it with the order locked."""
    paid = select(later_payment.c.reference, later_payment.c.amount_minor)
    rows = await connection.execute(paid.where(later_payment.c.order_id == order_id))
    return {row.reference: row.amount_minor for row in rows}


async def add_cancellations(
    connection: AsyncConnection, reasons: Mapping[UUID, str], now: datetime
) -> frozenset[UUID]:
    """Note the wish to cancel; return the orders for which it is new."""
    added = await insert_new_rows(
        connection,
        cancellation,
        {
            "order_id": list(reasons),
            "reason": list(reasons.values()),
            "requested_at": [now] * len(reasons),
        },
        returning="order_id",
    )
    return frozenset(added)


async def cancellations_of(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> Mapping[UUID, str]:
    """Return why these orders are to be cancelled, where they are."""
    given = bindparam("order_ids", type_=ARRAY(Uuid))
    rows = await connection.execute(
        select(cancellation.c.order_id, cancellation.c.reason).where(
            cancellation.c.order_id == given.any_()
        ),
        {"order_ids": list(order_ids)},
    )
    return {r.order_id: r.reason for r in rows}


async def note(
    connection: AsyncConnection, order_id: UUID, kind: str, key: str, now: datetime
) -> bool:
    """Note something that is announced once; return whether it is new."""
    row: Columns = {"order_id": [order_id], "kind": [kind], "key": [key], "noted_at": [now]}
    return bool(await insert_new_rows(connection, later_fact, row, returning="key"))


async def keys(connection: AsyncConnection, order_id: UUID, kind: str) -> frozenset[str]:
    """Return what was noted of this kind for the order."""
    noted = select(later_fact.c.key)
    rows = await connection.execute(
        noted.where(later_fact.c.order_id == order_id, later_fact.c.kind == kind)
    )
    return frozenset(rows.scalars())


async def number(connection: AsyncConnection, order_id: UUID, kind: str, now: datetime) -> int:
    """Count one more of this kind for the order; call it with the order locked."""
    before = select(func.count()).where(
        later_fact.c.order_id == order_id, later_fact.c.kind == kind
    )
    count = int((await connection.execute(before)).scalar_one()) + 1
    await note(connection, order_id, kind, str(count), now)
    return count
