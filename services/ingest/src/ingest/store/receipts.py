"""Every message as it came, and what was answered: a repeated delivery gets the same answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, unnested
from common.errors import Collided
from ingest.domain.receipt import OrderStatus, Receipt
from ingest.store.documents import as_text
from ingest.store.tables import receipt

_ORDERS = TypeAdapter(tuple[OrderStatus, ...])
_RECEIPT = TypeAdapter(Receipt)


def receipt_json(answer: Receipt) -> bytes:
    return _RECEIPT.dump_json(answer)


def read_receipt(text: bytes) -> Receipt:
    return _RECEIPT.validate_json(text)


class Delivery(NamedTuple):
    """What a channel repeats when it sends a message again."""

    channel: str
    shop: str
    delivery_id: str


@dataclass(frozen=True, slots=True)
class NewReceipt:
    receipt: Receipt
    channel: str
    shop: str
    topic: str
    delivery_id: str | None
    body: bytes


async def answered(
    connection: AsyncConnection, deliveries: Collection[Delivery]
) -> Mapping[Delivery, Receipt]:
    """Return what was answered to these deliveries before."""
    if not deliveries:
        return {}
    names = Delivery._fields
    given = unnested(receipt, names)
    statement = select(
        receipt.c.channel,
        receipt.c.shop,
        receipt.c.delivery_id,
        receipt.c.receipt_id,
        as_text(receipt.c.orders),
    ).join(given, and_(*(receipt.c[name] == given.c[name] for name in names)))
    columns = dict(zip(names, map(list, zip(*deliveries, strict=True)), strict=True))
    rows = await connection.execute(statement, columns)
    return {
        Delivery(r.channel, r.shop, r.delivery_id): Receipt(
            r.receipt_id, _ORDERS.validate_json(r.orders)
        )
        for r in rows
    }


async def add(connection: AsyncConnection, receipts: Sequence[NewReceipt], now: datetime) -> None:
    """Keep the messages.

    Raises:
        Collided: another intake took one of these deliveries at the same moment.
    """
    added = await insert_new_rows(
        connection,
        receipt,
        {
            "receipt_id": [r.receipt.receipt_id for r in receipts],
            "channel": [r.channel for r in receipts],
            "shop": [r.shop for r in receipts],
            "topic": [r.topic for r in receipts],
            "delivery_id": [r.delivery_id for r in receipts],
            "body": [r.body for r in receipts],
            "orders": [_ORDERS.dump_json(r.receipt.orders).decode() for r in receipts],
            "received_at": [now] * len(receipts),
        },
        returning="receipt_id",
    )
    if len(added) < len(receipts):
        raise Collided("A delivery was taken twice at once.")
