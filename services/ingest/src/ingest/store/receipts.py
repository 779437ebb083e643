"""Every message as it came, and what was answered: a repeated delivery gets the same answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Select, Uuid, and_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, unnested
from common.errors import Collided
from ingest.domain.receipt import OrderStatus, Receipt
from ingest.store.documents import as_text
from ingest.store.tables import receipt

SEARCHED_MAX = 100_000
LATEST_BYTES_MAX = 8_000_000
UNMAPPED_TOPICS = ("canonical", "unreadable")
"""Messages that no mapping has read: they are in our own format, or could not be opened."""
IMPORTED = "import:"
"""What the topics of orders from files begin with: another mapping reads them, their format's."""
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
    mapping_id: UUID | None


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
            "mapping_id": [r.mapping_id for r in receipts],
        },
        returning="receipt_id",
    )
    if len(added) < len(receipts):
        raise Collided("A delivery was taken twice at once.")


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as it came."""

    receipt_id: UUID
    channel: str
    shop: str
    topic: str
    body: bytes


async def find(connection: AsyncConnection, receipt_id: UUID) -> KeptMessage | None:
    statement = select(*_KEPT).where(receipt.c.receipt_id == receipt_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else KeptMessage(*row)


async def orders_in(connection: AsyncConnection, receipt_id: UUID) -> tuple[OrderStatus, ...]:
    """Return what was answered about the orders of a message."""
    statement = select(as_text(receipt.c.orders)).where(receipt.c.receipt_id == receipt_id)
    row = (await connection.execute(statement)).one_or_none()
    return () if row is None else _ORDERS.validate_json(row.orders)


async def latest(
    connection: AsyncConnection, channel: str, shop: str, *, limit: int
) -> list[KeptMessage]:
    """Return the last messages of a channel, of one shop or (empty) of all, the newest first.

    They are fewer where they are large: what is compared is held in memory.
    """
    size = func.octet_length(receipt.c.body)
    so_far = func.sum(size).over(order_by=receipt.c.receipt_id.desc()).label("so_far")
    some = _lately(channel, shop).with_only_columns(*_KEPT, so_far).limit(limit).subquery()
    statement = (
        select(*(some.c[column.name] for column in _KEPT))
        .where(some.c.so_far <= LATEST_BYTES_MAX)
        .order_by(some.c.receipt_id.desc())
    )
    return [KeptMessage(*row) for row in await connection.execute(statement)]


@dataclass(frozen=True, slots=True)
class Head:
    """A message without what it says."""

    receipt_id: UUID
    shop: str
    topic: str
    received_at: datetime
    size: int
    orders: tuple[OrderStatus, ...]


async def heads(connection: AsyncConnection, channel: str, shop: str, *, limit: int) -> list[Head]:
    """Return the last messages of a channel, of one shop or (empty) of all, the newest first."""
    columns = (
        receipt.c.receipt_id,
        receipt.c.shop,
        receipt.c.topic,
        receipt.c.received_at,
        func.octet_length(receipt.c.body).label("size"),
        as_text(receipt.c.orders),
    )
    statement = _lately(channel, shop).with_only_columns(*columns).limit(limit)
    return [
        Head(r.receipt_id, r.shop, r.topic, r.received_at, r.size, _ORDERS.validate_json(r.orders))
        for r in await connection.execute(statement)
    ]


def _lately(channel: str, shop: str) -> Select[Any]:
    """Look for a channel's messages among the last of all: the table has no index for it.

    One would cost every message of every channel something, for a question asked now and then.
    """
    newest = receipt.c.receipt_id.desc()
    last = select(receipt.c.receipt_id).order_by(newest).offset(SEARCHED_MAX).limit(1)
    nil = literal(UUID(int=0), Uuid)
    found = select(receipt).where(
        receipt.c.receipt_id > func.coalesce(last.scalar_subquery(), nil),
        receipt.c.channel == channel,
        receipt.c.topic.not_in(UNMAPPED_TOPICS),
        receipt.c.topic.not_like(f"{IMPORTED}%"),
    )
    return (found.where(receipt.c.shop == shop) if shop else found).order_by(newest)


_KEPT = (
    receipt.c.receipt_id,
    receipt.c.channel,
    receipt.c.shop,
    receipt.c.topic,
    receipt.c.body,
)
