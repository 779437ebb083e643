"""Every order that came in, in whatever state intake left it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, unnested
from common.errors import Collided
from common.life_cycle import State
from ingest.domain.draft import Draft
from ingest.domain.identity import Identity, identity_of
from ingest.domain.versions import Seen, read_seen
from ingest.store.documents import as_json, as_text, draft_json, read_draft
from ingest.store.tables import sales_order

_COLUMNS = (
    *(c for c in sales_order.c if c.name != "document"),
    as_text(sales_order.c.document),
)


@dataclass(frozen=True, slots=True)
class NewOrder:
    order_id: UUID
    channel: str
    shop: str
    channel_order_no: str | None
    state: State
    document: str
    """The draft as JSON."""
    receipt_id: UUID
    changed_at: datetime | None = None
    held: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class StoredOrder:
    order_id: UUID
    state: State
    draft: Draft
    receipt_id: UUID
    received_at: datetime
    changed_at: datetime | None = None
    """When the channel made the version that is stored; None: it did not tell."""
    held: str | None = None
    """Why the channel keeps it back, while it does."""
    seen: Seen | None = None
    """The order as the channel sent it last."""


async def add(
    connection: AsyncConnection, orders: Sequence[NewOrder], now: datetime
) -> frozenset[UUID]:
    """Add those whose identity is new; return the ids that were added.

    Rows go in by identity, so that two intakes with the same orders cannot wait for each other.
    """
    ordered = sorted(orders, key=lambda o: (o.channel, o.shop, o.channel_order_no or ""))
    added = await insert_new_rows(
        connection,
        sales_order,
        {
            "order_id": [o.order_id for o in ordered],
            "channel": [o.channel for o in ordered],
            "shop": [o.shop for o in ordered],
            "channel_order_no": [o.channel_order_no for o in ordered],
            "state": [o.state for o in ordered],
            "document": [o.document for o in ordered],
            "receipt_id": [o.receipt_id for o in ordered],
            "received_at": [now] * len(ordered),
            "changed_at": [o.changed_at for o in ordered],
            "held": [o.held for o in ordered],
            "seen": [o.seen for o in ordered],
        },
        returning="order_id",
    )
    return frozenset(added)


async def lock(
    connection: AsyncConnection, identities: Collection[Identity]
) -> Mapping[Identity, StoredOrder]:
    """Read orders by identity and keep them from changing until the transaction ends."""
    if not identities:
        return {}
    names = ("channel", "shop", "channel_order_no")
    given = unnested(sales_order, names)
    same = and_(*(sales_order.c[name] == given.c[name] for name in names))
    statement = (
        select(*_COLUMNS)
        .join(given, same)
        .order_by(sales_order.c.order_id)
        .with_for_update(of=sales_order)
    )
    columns = dict(zip(names, map(list, zip(*identities, strict=True)), strict=True))
    rows = await connection.execute(statement, columns)
    return {Identity(r.channel, r.shop, r.channel_order_no): _stored(r) for r in rows}


async def find(connection: AsyncConnection, order_id: UUID) -> StoredOrder | None:
    row = (
        await connection.execute(select(*_COLUMNS).where(sales_order.c.order_id == order_id))
    ).one_or_none()
    return None if row is None else _stored(row)


async def lock_one(connection: AsyncConnection, order_id: UUID) -> StoredOrder | None:
    statement = select(*_COLUMNS).where(sales_order.c.order_id == order_id).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _stored(row)


async def lock_some(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> Mapping[UUID, StoredOrder]:
    """Read orders by id, all in the same sequence, and keep them from changing."""
    statement = (
        select(*_COLUMNS)
        .where(sales_order.c.order_id.in_(order_ids))
        .order_by(sales_order.c.order_id)
        .with_for_update()
    )
    return {row.order_id: _stored(row) for row in await connection.execute(statement)}


async def listed(
    connection: AsyncConnection, filters: Mapping[str, str], *, after: UUID | None, limit: int
) -> list[StoredOrder]:
    """Return orders by id, that is by arrival; filters are columns and their value."""
    statement = select(*_COLUMNS).order_by(sales_order.c.order_id).limit(limit)
    for name, value in filters.items():
        statement = statement.where(sales_order.c[name] == value)
    if after is not None:
        statement = statement.where(sales_order.c.order_id > after)
    return [_stored(row) for row in await connection.execute(statement)]


async def save(connection: AsyncConnection, order_id: UUID, draft: Draft, state: State) -> None:
    """Replace the order's document; its number may be what was corrected.

    Raises:
        Collided: another order got this number at the same moment.
    """
    identity = identity_of(draft)
    statement = (
        update(sales_order)
        .where(sales_order.c.order_id == order_id)
        .values(
            state=state,
            channel_order_no=identity.channel_order_no if identity else None,
            document=as_json(draft_json(draft)),
        )
    )
    try:
        await connection.execute(statement)
    except IntegrityError:
        raise Collided("Another order has this number.") from None


async def save_version(connection: AsyncConnection, order: StoredOrder) -> None:
    """Note which version of the order is stored, and whether the channel keeps it back."""
    await connection.execute(
        update(sales_order)
        .where(sales_order.c.order_id == order.order_id)
        .values(
            changed_at=order.changed_at,
            held=order.held,
            seen=str(order.seen) if order.seen else None,
        )
    )


def _stored(row: Row[Any]) -> StoredOrder:
    return StoredOrder(
        row.order_id,
        State(row.state),
        read_draft(row.document),
        row.receipt_id,
        row.received_at,
        row.changed_at,
        row.held,
        read_seen(row.seen),
    )
