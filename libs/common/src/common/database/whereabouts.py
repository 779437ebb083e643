"""A reader's side of the ledger: where an event is that a publisher asks about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.database.rows import insert_statement
from common.database.schema import Carried
from common.ids import first_id_at

PARKED_KEPT = timedelta(days=15)
ASIDE_KEPT = timedelta(hours=1)
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Whereabouts:
    missing: Sequence[UUID]
    """Not taken up, and in no place this service knows of."""
    aside: Sequence[UUID]
    """On the ladder, parked, or in the backlog of a recovery."""


async def find(connection: AsyncConnection, tables: Carried, raw_ids: bytes) -> Whereabouts:
    """Look up these events, 16 bytes of id each; those that were handled are in neither list."""
    ids = _digits(raw_ids)
    if not ids:
        return Whereabouts((), ())
    given = {"ids": f"{{{','.join(ids)}}}", "first": UUID(min(ids)), "last": UUID(max(ids))}
    if await connection.scalar(_handled(tables), given) == len(raw_ids) // ID_BYTES:
        return Whereabouts((), ())
    rows = (await connection.execute(_not_handled(tables), given)).all()
    return Whereabouts(
        missing=[row.event_id for row in rows if not row.known],
        aside=[row.event_id for row in rows if row.known],
    )


def _digits(raw_ids: bytes) -> list[str]:
    """Return the ids as PostgreSQL reads them; to make objects of them costs much more."""
    digits, width = raw_ids.hex(), 2 * ID_BYTES
    return [digits[start : start + width] for start in range(0, len(digits), width)]


_IDS: Any = cast(bindparam("ids", type_=Text), ARRAY(Uuid))


def _handled(tables: Carried) -> Select[int]:
    inbox = tables.inbox
    return select(func.count()).where(_in_days(inbox), inbox.c.event_id == _IDS.any_())


def _in_days(inbox: Table) -> ColumnElement[bool]:
    """Bound the ids, so that only the partitions of their days are looked into."""
    return inbox.c.event_id.between(bindparam("first", type_=Uuid), bindparam("last", type_=Uuid))


def _not_handled(tables: Carried) -> Select[UUID, bool]:
    inbox, backlog, aside = tables.inbox, tables.backlog, tables.ledger.aside
    asked = func.unnest(_IDS).table_valued(column("event_id", Uuid)).render_derived(name="asked")
    waits = backlog.c.event_id == asked.c.event_id
    is_aside = aside.c.event_id == asked.c.event_id
    still = or_(aside.c.until.is_(None), aside.c.until > func.now())
    known = or_(exists().where(waits), exists().where(is_aside, still))
    return (
        select(asked.c.event_id, known.label("known"))
        .distinct()
        .where(~exists().where(_in_days(inbox), inbox.c.event_id == asked.c.event_id))
    )


@dataclass(frozen=True, slots=True)
class Aside:
    """An event that was sent to this queue."""

    event_id: UUID
    queue: str
    until: datetime | None
    """When it has left the queue again; None: when somebody takes it out."""


async def note_aside(engine: AsyncEngine, tables: Carried, events: Sequence[Aside]) -> None:
    """Remember where these events were sent; it is repeated without harm."""
    latest = {event.event_id: event for event in events}
    names = ("event_id", "queue", "until")
    columns = {name: [getattr(e, name) for e in latest.values()] for name in names}
    statement = insert_statement(tables.ledger.aside, names)
    new: Any = statement.excluded
    changed = statement.on_conflict_do_update(
        index_elements=["event_id"], set_={"queue": new.queue, "until": new.until}
    )
    if latest:
        async with engine.begin() as connection:
            await connection.execute(changed, columns)


async def forget_queue(connection: AsyncConnection, tables: Carried, queue: str) -> None:
    """The queue is gone: what was sent there is not there any more."""
    aside = tables.ledger.aside
    await connection.execute(delete(aside).where(aside.c.queue == queue))


async def no_longer_parked(
    connection: AsyncConnection, tables: Carried, queue: str, event_ids: Collection[str] | None
) -> None:
    """These events, or all, are given back to the workers."""
    if event_ids is None:
        await forget_queue(connection, tables, queue)
        return
    event_id = tables.ledger.aside.c.event_id
    given = cast(event_id, Text).in_(sorted(event_ids))  # some that are parked have no id
    await connection.execute(delete(tables.ledger.aside).where(given))


async def forget_old(connection: AsyncConnection, tables: Carried) -> None:
    """Drop what has left the ladder, and what has been parked for longer than events are kept."""
    aside = tables.ledger.aside
    now: datetime = (await connection.execute(select(func.now()))).scalar_one()
    gone = aside.c.until < now - ASIDE_KEPT
    old = aside.c.event_id < first_id_at(now - PARKED_KEPT)
    await connection.execute(delete(aside).where(or_(gone, old)))
