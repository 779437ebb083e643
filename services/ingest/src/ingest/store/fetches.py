"""Orders that a message or a list named and did not carry: to be fetched from their channel."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.domain.identity import Identity
from ingest.store.tables import fetch

ROWS_AT_ONCE = 1_000
_KEY = (fetch.c.channel, fetch.c.shop, fetch.c.channel_order_no)


@dataclass(frozen=True, slots=True)
class Fetch:
    order: Identity
    asked_at: datetime
    tries: int
    missed_in: datetime | None
    """The beginning of the hour whose check found that it is missing, where one did."""


async def ask(
    connection: AsyncConnection,
    orders: Sequence[Identity],
    now: datetime,
    missed_in: datetime | None = None,
) -> int:
    """Note that these are to be fetched; one that waits already is fetched at once, and once.

    Return how many of them the hour `missed_in` is the first to miss.
    """
    wanted = sorted(set(orders))
    first = 0
    for begin in range(0, len(wanted), ROWS_AT_ONCE):
        rows = [
            {**order._asdict(), "asked_at": now, "due_at": now, "tries": 0, "missed_in": missed_in}
            for order in wanted[begin : begin + ROWS_AT_ONCE]
        ]
        found = await _add(connection, rows)
        first += sum(one is not None and one == missed_in for one in found)
    return first


async def _add(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]]
) -> Sequence[datetime | None]:
    statement = insert(fetch).values(rows)
    new = statement.excluded
    again = {
        "asked_at": new.asked_at,
        "due_at": new.due_at,
        "tries": 0,
        # The check that missed it first is told when it comes.
        "missed_in": func.coalesce(fetch.c.missed_in, new.missed_in),
    }
    merged = statement.on_conflict_do_update(index_elements=_KEY, set_=again)
    noted = await connection.execute(merged.returning(fetch.c.missed_in))
    return [row.missed_in for row in noted]


async def take(
    connection: AsyncConnection,
    place: tuple[str, str],
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
) -> list[Fetch]:
    """Take those of a shop that are due.

    Nobody else gets them until the lease is over; they stay until they are `done`.
    """
    channel, shop = place
    due = (
        select(*_KEY)
        .where(fetch.c.channel == channel, fetch.c.shop == shop, fetch.c.due_at <= now)
        .order_by(fetch.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .subquery()
    )
    here = and_(*(column == due.c[column.name] for column in _KEY))
    statement = (
        update(fetch)
        .where(here)
        .values(due_at=now + lease, tries=fetch.c.tries + 1)
        .returning(*_KEY, fetch.c.asked_at, fetch.c.tries, fetch.c.missed_in)
    )
    rows = await connection.execute(statement)
    return [
        Fetch(Identity(r.channel, r.shop, r.channel_order_no), r.asked_at, r.tries, r.missed_in)
        for r in rows
    ]


async def done(connection: AsyncConnection, fetched: Fetch) -> bool:
    """Forget it, unless it was asked for again meanwhile; return whether it was still there.

    One that stays is no longer a missing one: what was asked for is here.
    """
    asked_at = fetch.c.asked_at == fetched.asked_at
    gone = await connection.execute(delete(fetch).where(_is(fetched.order), asked_at))
    if gone.rowcount:
        return True
    again = update(fetch).where(_is(fetched.order)).values(missed_in=None)
    return bool((await connection.execute(again)).rowcount)


async def failed(
    connection: AsyncConnection, order: Identity, error: str, due_at: datetime
) -> None:
    await connection.execute(
        update(fetch).where(_is(order)).values(last_error=error, due_at=due_at)
    )


async def postpone_others(
    connection: AsyncConnection,
    places: Collection[tuple[str, str]],
    now: datetime,
    *,
    error: str,
    pause: timedelta,
) -> int:
    """Put off what is due of shops that are none of these; return how many that are."""
    elsewhere = tuple_(fetch.c.channel, fetch.c.shop).not_in(sorted(places))
    statement = update(fetch).where(fetch.c.due_at <= now, elsewhere)
    values = {"last_error": error, "due_at": now + pause, "tries": fetch.c.tries + 1}
    return int((await connection.execute(statement.values(**values))).rowcount)


async def waiting(
    connection: AsyncConnection, places: Collection[tuple[str, str]]
) -> tuple[int, int]:
    """Return how many orders wait to be fetched, and how many of shops that are none of these."""
    elsewhere = tuple_(fetch.c.channel, fetch.c.shop).not_in(sorted(places))
    counts = select(func.count(), func.count().filter(elsewhere)).select_from(fetch)
    row = (await connection.execute(counts)).one()
    return int(row[0]), int(row[1])


def _is(order: Identity) -> ColumnElement[bool]:
    return and_(*(column == getattr(order, column.name) for column in _KEY))
