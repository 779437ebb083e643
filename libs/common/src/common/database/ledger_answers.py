"""What becomes of a publisher's account when a reader answers, or says that it lost a queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import ledger_verdicts as verdicts
from common.database.ledger_verdicts import LOST_MISSES, Verdict
from common.database.rows import insert_statement
from common.database.schema import Carried
from common.ids import first_id_at, moment_of

SURE_AFTER = timedelta(seconds=3)
"""How much later than a younger inquiry an older one may be answered, by another worker."""
LOSS_REMEMBERED = timedelta(minutes=1)
KEPT = timedelta(days=14)
"""Nothing older is emitted again: its entry in the reader's inbox may be gone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said about an inquiry."""

    reader: str
    sent_at: datetime
    """When what it answers was sent."""
    inquiry_id: UUID | None = None
    """None: it was a mark, and tells only that everything sent before was read."""
    missing: Sequence[UUID] = field(default_factory=tuple)
    aside: Sequence[UUID] = field(default_factory=tuple)


async def settle(connection: AsyncConnection, tables: Carried, answer: Answer) -> int:
    """Enter the answer; return how many events are emitted again. Repeated, it changes nothing."""
    inquiry = tables.ledger.inquiry
    emitted = 0
    if answer.inquiry_id is not None:
        ended = delete(inquiry).where(inquiry.c.inquiry_id == answer.inquiry_id)
        row = (await connection.execute(ended.returning(inquiry.c.inquiry_id))).first()
        if row is not None:
            emitted = await _enter(connection, tables, answer)
    older = (inquiry.c.reader == answer.reader, inquiry.c.sent_at < answer.sent_at)
    unanswered = update(inquiry).where(*older, inquiry.c.due_at == text("'infinity'"))
    await connection.execute(unanswered.values(due_at=func.now() + SURE_AFTER))
    return emitted


async def _enter(connection: AsyncConnection, tables: Carried, answer: Answer) -> int:
    listed = tables.ledger.open
    rows = select(listed.c.event_id, listed.c.misses).where(
        listed.c.inquiry_id == answer.inquiry_id
    )
    misses = {row.event_id: row.misses for row in await connection.execute(rows)}
    open_ids = {*answer.missing, *answer.aside}
    await _remove(connection, tables, answer.reader, misses.keys() - open_ids)
    if not open_ids:
        return 0
    now, lost_at = await _times(connection, tables, answer.reader)
    unpublished = await _unpublished(connection, tables, answer.missing)
    judged = {event_id: verdicts.aside() for event_id in answer.aside}
    for event_id in answer.missing:
        before = misses.get(event_id, 0)
        if event_id in unpublished:
            judged[event_id] = verdicts.unpublished(before)
        else:
            certain = now - LOSS_REMEMBERED < lost_at and moment_of(event_id) <= lost_at
            judged[event_id] = verdicts.missing(before, certain=certain)
    await _list(connection, tables, answer.reader, judged, now)
    again = [event_id for event_id, verdict in judged.items() if verdict.emit]
    return await emit_again(connection, tables, again)


async def _times(
    connection: AsyncConnection, tables: Carried, reader: str
) -> tuple[datetime, datetime]:
    account = tables.ledger.reader
    query = select(func.now(), account.c.lost_at).where(account.c.reader == reader)
    row = (await connection.execute(query)).one()
    return row[0], row[1]


async def _unpublished(
    connection: AsyncConnection, tables: Carried, event_ids: Sequence[UUID]
) -> set[UUID]:
    outbox = tables.outbox
    waiting = select(outbox.c.event_id).where(outbox.c.event_id == _ids())
    return set(await connection.scalars(waiting, {"event_ids": list(event_ids)}))


async def _remove(
    connection: AsyncConnection, tables: Carried, reader: str, event_ids: Collection[UUID]
) -> None:
    listed = tables.ledger.open
    if event_ids:
        known = delete(listed).where(listed.c.reader == reader, listed.c.event_id == _ids())
        await connection.execute(known, {"event_ids": list(event_ids)})


async def _list(
    connection: AsyncConnection,
    tables: Carried,
    reader: str,
    judged: dict[UUID, Verdict],
    now: datetime,
) -> None:
    listed = tables.ledger.open
    columns = {
        "reader": [reader] * len(judged),
        "event_id": list(judged),
        "misses": [verdict.misses for verdict in judged.values()],
        "next_at": [now + verdict.wait for verdict in judged.values()],
    }
    statement = insert_statement(listed, tuple(columns))
    new: Any = statement.excluded
    values = {"misses": new.misses, "next_at": new.next_at, "inquiry_id": None}
    key = [listed.c.reader, listed.c.event_id]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=values), columns
    )


async def emit_again(
    connection: AsyncConnection, tables: Carried, event_ids: Sequence[UUID]
) -> int:
    """Put events of the log back into the outbox; the sweep publishes them. Return how many."""
    if not event_ids:
        return 0
    log, outbox = tables.event_log, tables.outbox
    oldest = first_id_at((await connection.execute(select(func.now()))).scalar_one() - KEPT)
    kept = select(log.c.event_id).where(log.c.event_id == _ids(), log.c.event_id > oldest)
    statement = insert(outbox).from_select(["event_id"], kept).on_conflict_do_nothing()
    added = statement.returning(outbox.c.event_id)
    return len((await connection.execute(added, {"event_ids": list(event_ids)})).all())


async def hear_of_loss(connection: AsyncConnection, tables: Carried, reader: str) -> None:
    """A reader lost a queue: everything that is not known to be taken up is asked about at once."""
    account, inquiry, listed = tables.ledger.reader, tables.ledger.inquiry, tables.ledger.open
    now = func.now()
    await connection.execute(update(account).where(account.c.reader == reader).values(lost_at=now))
    await connection.execute(update(inquiry).where(inquiry.c.reader == reader).values(due_at=now))
    waiting = update(listed).where(listed.c.reader == reader, listed.c.inquiry_id.is_(None))
    await connection.execute(waiting.values(next_at=now))


@dataclass(frozen=True, slots=True)
class Figures:
    """How the account with one reader stands."""

    reader: str
    open: int
    missing: int
    lost: int
    oldest: datetime | None
    """When the oldest event was made that is missing, or asked about without an answer."""


async def figures(
    connection: AsyncConnection, tables: Carried, readers: Collection[str]
) -> list[Figures]:
    account, inquiry, listed = tables.ledger.reader, tables.ledger.inquiry, tables.ledger.open
    mine = listed.c.reader == account.c.reader
    counted = select(
        account.c.reader,
        _count(mine),
        _count(mine, listed.c.misses > 0),
        _count(mine, listed.c.misses >= LOST_MISSES),
        select(listed.c.event_id)
        .where(mine, listed.c.misses > 0)
        .order_by(listed.c.event_id)
        .limit(1)
        .scalar_subquery(),
        select(inquiry.c.after)
        .where(inquiry.c.reader == account.c.reader, inquiry.c.after.is_not(None))
        .order_by(inquiry.c.after)
        .limit(1)
        .scalar_subquery(),
    ).where(account.c.reader.in_(readers))
    found: list[Figures] = []
    for reader, waiting, missing, lost, *first in await connection.execute(counted):
        oldest = min((moment_of(event_id) for event_id in first if event_id), default=None)
        found.append(Figures(reader, waiting, missing, lost, oldest))
    return found


def _count(*conditions: Any) -> Any:
    return select(func.count()).where(*conditions).scalar_subquery()


async def forget_old(connection: AsyncConnection, tables: Carried) -> int:
    """Drop events that are about to leave the log; return how many were never taken up."""
    listed = tables.ledger.open
    now: datetime = (await connection.execute(select(func.now()))).scalar_one()
    old = delete(listed).where(listed.c.event_id < first_id_at(now - KEPT))
    return (await connection.execute(old)).rowcount


def _ids() -> Any:
    return bindparam("event_ids", type_=ARRAY(Uuid)).any_()
