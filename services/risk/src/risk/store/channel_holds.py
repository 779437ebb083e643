"""Orders that their channel keeps back: reviewers see it, and their word does not end it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, unnested
from risk.store.hold_tables import channel_hold


class Said(NamedTuple):
    """What a channel says of an order; the highest number is its last word."""

    order_id: UUID
    hold_no: int
    reason: str | None
    """Why it keeps the order back; None: it does not."""


async def note(connection: AsyncConnection, said: Sequence[Said]) -> None:
    """Keep the last word of each order, whatever comes last."""
    last = {one.order_id: one for one in sorted(said, key=lambda one: one.hold_no)}
    rows = [last[order_id] for order_id in sorted(last)]
    columns: Columns = {name: [getattr(one, name) for one in rows] for name in Said._fields}
    new = unnested(channel_hold, Said._fields)
    added = select(*(new.c[name] for name in Said._fields))
    statement = insert(channel_hold).from_select(list(Said._fields), added)
    told = statement.excluded
    newer = statement.on_conflict_do_update(
        index_elements=["order_id"],
        set_={"hold_no": told.hold_no, "reason": told.reason},
        where=told.hold_no > channel_hold.c.hold_no,
    )
    await connection.execute(newer, dict(columns))


async def of_orders(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return why the channel keeps each of the orders back that it does."""
    statement = select(channel_hold).where(
        channel_hold.c.order_id.in_(order_ids), channel_hold.c.reason.is_not(None)
    )
    return {row.order_id: row.reason for row in await connection.execute(statement)}
