"""Payments reported on their own, kept whether or not their order is known yet."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_new_rows
from fulfillment.domain.terms import Receipt
from fulfillment.store.tables import payment

Receipts = dict[UUID, dict[str, Receipt]]
"""Order id -> reference -> payment."""

_OF = select(payment).where(payment.c.order_id == bindparam("order_ids", type_=ARRAY(Uuid)).any_())


class Reported(NamedTuple):
    order_id: UUID
    receipt: Receipt
    paid_at: datetime


async def add(connection: AsyncConnection, reported: Sequence[Reported]) -> None:
    """Keep payments; a reference reported again for the same order is the same payment."""
    columns: Columns = {
        "order_id": [r.order_id for r in reported],
        "reference": [r.receipt.reference for r in reported],
        "currency": [r.receipt.currency for r in reported],
        "amount_minor": [r.receipt.amount_minor for r in reported],
        "paid_at": [r.paid_at for r in reported],
    }
    await insert_new_rows(connection, payment, columns, returning="order_id")


async def of_orders(connection: AsyncConnection, order_ids: Collection[UUID]) -> Receipts:
    found: Receipts = {}
    if order_ids:
        for r in await connection.execute(_OF, {"order_ids": list(order_ids)}):
            receipt = Receipt(r.reference, r.currency, r.amount_minor)
            found.setdefault(r.order_id, {})[r.reference] = receipt
    return found
