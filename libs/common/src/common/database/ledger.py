"""A publisher's account of its events: which it has asked its readers about, and what is open.

Everything up to `asked_to` was asked about; what is not known to be taken up is part of an inquiry
without an answer, or a row of ledger_open. An event that becomes visible only after its range was
asked about is not skipped: it leaves the outbox after that, and whoever takes it out there lists
it (`leave_outbox`). No clock but the database's decides, and no transaction is waited for.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.schema import Carried
from common.ids import first_id_at, new_id

INQUIRY_EVENTS_MAX = 2_000
ROUND_INQUIRIES_MAX = 10
LEASE = timedelta(seconds=5)
RESEND_AFTER = timedelta(seconds=2)
STARTS_BEFORE = timedelta(days=1)
"""A reader that is new to the ledger is asked about the events of this last time."""
UNPUBLISHED = (timedelta(seconds=5), timedelta(minutes=10))
"""Nothing behind an event that has waited in the outbox for so long is asked about."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One reader this worker may ask now, and how its account stands."""

    reader: str
    now: datetime
    asked_to: UUID
    asked_at: datetime
    lost_at: datetime
    """When the reader last said that it had lost a queue."""
    ranges: int
    """Inquiries about ranges that have no answer yet."""
    singles: int
    """The same about single events."""
    oldest_sent: datetime | None
    overdue: bool
    """Whether an inquiry has to be sent again."""
    open_due: bool


def leave_outbox(tables: Carried) -> Insert:
    """Take `event_ids` out of the outbox, and list those that came too late to be asked about."""
    outbox, reader, listed = tables.outbox, tables.ledger.reader, tables.ledger.open
    given = bindparam("event_ids", type_=ARRAY(Uuid))
    gone = (
        delete(outbox)
        .where(outbox.c.event_id == given.any_())
        .returning(outbox.c.event_id)
        .cte("gone")
    )
    late = select(reader.c.reader, gone.c.event_id).where(gone.c.event_id <= reader.c.asked_to)
    return insert_or(listed).from_select(["reader", "event_id"], late).on_conflict_do_nothing()


async def enter(connection: AsyncConnection, tables: Carried, readers: Iterable[str]) -> None:
    """Open an account for each reader that has none."""
    now: datetime = (await connection.execute(select(func.now()))).scalar_one()
    rows = [{"reader": r, "asked_to": first_id_at(now - STARTS_BEFORE)} for r in sorted(readers)]
    await connection.execute(insert_or(tables.ledger.reader).on_conflict_do_nothing(), rows)


async def take_turns(
    connection: AsyncConnection, tables: Carried, readers: Collection[str], me: str
) -> list[Turn]:
    """Return the readers that nobody else is asking, and keep the others from asking them."""
    reader, inquiry, listed = tables.ledger.reader, tables.ledger.inquiry, tables.ledger.open
    now = func.now()
    mine = inquiry.c.reader == reader.c.reader
    ranges = select(func.count()).where(mine, inquiry.c.upto.is_not(None))
    singles = select(func.count()).where(mine, inquiry.c.upto.is_(None))
    oldest = select(func.min(inquiry.c.sent_at)).where(mine)
    overdue = select(inquiry.c.inquiry_id).where(mine, inquiry.c.due_at <= now)
    due = select(listed.c.event_id).where(
        listed.c.reader == reader.c.reader, listed.c.next_at <= now
    )
    statement = (
        update(reader)
        .where(reader.c.reader.in_(readers))
        .where(or_(reader.c.holder == me, reader.c.held_until < now))
        .values(holder=me, held_until=now + LEASE)
        .returning(
            reader.c.reader,
            now,
            reader.c.asked_to,
            reader.c.asked_at,
            reader.c.lost_at,
            ranges.scalar_subquery(),
            singles.scalar_subquery(),
            oldest.scalar_subquery(),
            overdue.exists(),
            due.exists(),
        )
    )
    return [Turn(*row) for row in await connection.execute(statement)]


async def begin_round(
    connection: AsyncConnection,
    tables: Carried,
    turn: Turn,
    types: Collection[str],
    *,
    age: timedelta,
) -> list[UUID]:
    """Move the cursor to events of this age; return inquiries about what lies between.

    It has to be committed before the events are read (`asked_about`): one that becomes visible
    after the reading then finds the cursor beyond it when it leaves the outbox.
    """
    log, reader = tables.event_log, tables.ledger.reader
    horizon = await _horizon(connection, tables, first_id_at(turn.now - age))
    if horizon <= turn.asked_to:
        return []
    limit = INQUIRY_EVENTS_MAX * ROUND_INQUIRIES_MAX
    place = func.row_number().over(order_by=log.c.event_id)
    between = (
        select(log.c.event_id, place.label("place"))
        .where(log.c.event_id > turn.asked_to, log.c.event_id <= horizon, log.c.type.in_(types))
        .order_by(log.c.event_id)
        .limit(limit)
        .subquery()
    )
    ends = func.array_agg(between.c.event_id).filter(between.c.place % INQUIRY_EVENTS_MAX == 0)
    found = (await connection.execute(select(ends, func.count()).select_from(between))).one()
    bounds: list[UUID] = sorted(found[0] or [])
    if found[1] < limit and (found[1] % INQUIRY_EVENTS_MAX or not bounds):
        bounds.append(horizon)
    moved = await connection.execute(
        update(reader)
        .where(reader.c.reader == turn.reader, reader.c.asked_to == turn.asked_to)
        .values(asked_to=bounds[-1], asked_at=func.now())
    )
    if not (moved.rowcount and found[1]):
        return []
    ranges = zip([turn.asked_to, *bounds], bounds, strict=False)
    return await _inquire(connection, tables, turn.reader, ranges)


async def _horizon(connection: AsyncConnection, tables: Carried, latest: UUID) -> UUID:
    """Return up to where to ask: not beyond what waits to be published, but not for ever."""
    outbox = tables.outbox
    young, old = (func.now() - age for age in UNPUBLISHED)
    waiting = select(outbox.c.event_id).where(outbox.c.created_at.between(old, young))
    first = await connection.scalar(waiting.order_by(outbox.c.event_id).limit(1))
    return latest if first is None else min(latest, first)


async def _inquire(
    connection: AsyncConnection, tables: Carried, reader: str, ranges: Iterable[Any]
) -> list[UUID]:
    rows = [
        {"inquiry_id": new_id(), "reader": reader, "after": after, "upto": upto}
        for after, upto in ranges
    ]
    statement = insert(tables.ledger.inquiry).values(sent_at=func.now())
    await connection.execute(statement, rows)
    return [row["inquiry_id"] for row in rows]


async def ask_about_open(
    connection: AsyncConnection, tables: Carried, reader: str, types: Collection[str]
) -> list[UUID]:
    """Make an inquiry of events that are due; forget those that are none of the reader's."""
    listed, log = tables.ledger.open, tables.event_log
    of_reader = listed.c.reader == reader
    due = (
        select(listed.c.event_id)
        .where(of_reader, listed.c.next_at <= func.now())
        .order_by(listed.c.next_at)
        .limit(INQUIRY_EVENTS_MAX)
        .with_for_update(skip_locked=True)
    )
    chosen = list(await connection.scalars(due))
    read = select(log.c.event_id).where(log.c.event_id == _ids(), log.c.type.in_(types))
    asked = list(await connection.scalars(read, {"event_ids": chosen}))
    others = {"event_ids": list(set(chosen) - set(asked))}
    await connection.execute(delete(listed).where(of_reader, listed.c.event_id == _ids()), others)
    if not asked:
        return []
    (inquiry_id,) = await _inquire(connection, tables, reader, [(None, None)])
    marked = update(listed).where(of_reader, listed.c.event_id == _ids())
    await connection.execute(
        marked.values(inquiry_id=inquiry_id, next_at=text("'infinity'")), {"event_ids": asked}
    )
    return [inquiry_id]


def _ids() -> Any:
    return bindparam("event_ids", type_=ARRAY(Uuid)).any_()


async def send_again(connection: AsyncConnection, tables: Carried, reader: str) -> list[UUID]:
    """Return the reader's inquiries that are due to be sent once more."""
    inquiry = tables.ledger.inquiry
    statement = (
        update(inquiry)
        .where(inquiry.c.reader == reader, inquiry.c.due_at <= func.now())
        .values(sent_at=func.now(), due_at=text("'infinity'"))
        .returning(inquiry.c.inquiry_id)
    )
    return list(await connection.scalars(statement))


async def asked_about(
    connection: AsyncConnection, tables: Carried, inquiry_id: UUID, types: Collection[str]
) -> tuple[datetime, bytes] | None:
    """Return when the inquiry was sent, and the ids in it, 16 bytes each; None if it is over."""
    inquiry, log, listed = tables.ledger.inquiry, tables.event_log, tables.ledger.open
    known = select(inquiry.c.after, inquiry.c.upto, inquiry.c.sent_at)
    row = (await connection.execute(known.where(inquiry.c.inquiry_id == inquiry_id))).first()
    if row is None:
        return None
    if row.upto is None:
        ids = select(listed.c.event_id).where(listed.c.inquiry_id == inquiry_id)
    else:
        between = (log.c.event_id > row.after, log.c.event_id <= row.upto)
        ids = select(log.c.event_id).where(*between, log.c.type.in_(types))
    each = ids.subquery().c.event_id
    joined = func.string_agg(func.uuid_send(each), text("''::bytea"))
    return row.sent_at, bytes(await connection.scalar(select(joined)) or b"")


async def could_not_send(
    connection: AsyncConnection, tables: Carried, inquiry_ids: Collection[UUID]
) -> None:
    """Have these sent again in a moment: no queue took them."""
    inquiry = tables.ledger.inquiry
    statement = update(inquiry).where(inquiry.c.inquiry_id.in_(inquiry_ids))
    await connection.execute(statement.values(due_at=func.now() + RESEND_AFTER))
