"""The operation log of a service as it is stored: written in order under one lock, and read.

The lock is taken last in a transaction and only by those that have something to record, so it is
held for the length of a commit and never by an order on its way.
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    cast,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.operation_chain import (
    BEGINNING,
    Anchor,
    Entry,
    Inspection,
    Operation,
    chained,
)
from common.database.schema import Carried
from common.ids import new_id

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries somebody looks for; None is any."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    """The id of the subject, its kind, or "kind:id"."""
    order_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    """Found anywhere: in the reason, and in what was before and after."""


async def append(
    connection: AsyncConnection, tables: Carried, operations: Sequence[Operation]
) -> Anchor | None:
    """Write the operations at the end of the log; return the new end."""
    if not operations:
        return None
    end, last_id = await lock_head(connection, tables)
    placed: list[Operation] = []
    for operation in operations:
        last_id = max(new_id(), UUID(int=last_id.int + 1))
        placed.append(replace(operation, operation_id=last_id))
    entries = list(chained(placed, end))
    await connection.execute(insert(tables.operation), [_row(entry) for entry in entries])
    end = entries[-1].anchor()
    values = {"number": end.number, "hash": end.hash, "last_id": last_id}
    await connection.execute(update(tables.operation_head).values(values))
    return end


async def lock_head(connection: AsyncConnection, tables: Carried) -> tuple[Anchor, UUID]:
    """Return the end of the log, which nobody else moves before this transaction ends.

    Ids rise with the numbers, whatever clocks say: retention goes by ids, and has to take a
    beginning of the chain and no holes.
    """
    head = tables.operation_head
    first = upsert(head).values(one=True, number=0, hash=BEGINNING, last_id=UUID(int=0))
    locked = first.on_conflict_do_update(index_elements=["one"], set_={"number": head.c.number})
    row = (await connection.execute(locked.returning(head))).one()
    return Anchor(row.number, row.hash), row.last_id


async def head(connection: AsyncConnection, tables: Carried) -> Anchor:
    """Return the end of the log as it is kept apart from it."""
    columns = tables.operation_head.c
    row = (await connection.execute(select(columns.number, columns.hash))).one_or_none()
    return Anchor() if row is None else Anchor(row.number, row.hash)


async def beginning(connection: AsyncConnection, tables: Carried) -> Anchor:
    """Return what the oldest entry kept follows: the last one that retention took."""
    columns = tables.operation_head.c
    found = (await connection.execute(select(columns.dropped, columns.dropped_hash))).one_or_none()
    return Anchor() if found is None else Anchor(found.dropped, found.dropped_hash)


async def page(
    connection: AsyncConnection, tables: Carried, wanted: Wanted, *, after: int | None, limit: int
) -> list[Entry]:
    """Return entries, the newest first; those older than number `after`."""
    statement = _matching(tables, wanted).order_by(tables.operation.c.number.desc()).limit(limit)
    if after is not None:
        statement = statement.where(tables.operation.c.number < after)
    return [entry_of(row) for row in (await connection.execute(statement)).mappings()]


async def in_order(
    connection: AsyncConnection, tables: Carried, wanted: Wanted | None = None
) -> AsyncGenerator[Entry]:
    """Yield entries from the oldest on, however many there are."""
    columns = tables.operation.c
    place = tuple_(columns.number, columns.operation_id)
    matching = _matching(tables, wanted or Wanted()).order_by(place).limit(ROWS_AT_ONCE)
    statement = matching
    while True:
        rows = (await connection.execute(statement)).mappings().all()
        for row in rows:
            yield entry_of(row)
        if len(rows) < ROWS_AT_ONCE:
            return
        last = (rows[-1]["number"], rows[-1]["operation_id"])
        statement = matching.where(place > last)


async def inspect(
    connection: AsyncConnection, tables: Carried, anchors: Mapping[int, bytes]
) -> Inspection:
    """Follow the whole log, and stop at the first entry that does not fit."""
    inspection = Inspection(await beginning(connection, tables), anchors)
    async for entry in in_order(connection, tables):
        if not inspection.follow(entry):
            break
    inspection.end(await head(connection, tables))
    return inspection


async def forget_before(connection: AsyncConnection, tables: Carried, first_kept: UUID) -> None:
    """Keep the end of what retention is about to take: the rest is proved from there on."""
    columns = tables.operation.c
    going = select(columns.number, columns.hash).where(columns.operation_id < first_kept)
    last = (await connection.execute(going.order_by(columns.number.desc()).limit(1))).one_or_none()
    if last is not None:
        values = {"dropped": last.number, "dropped_hash": last.hash}
        await connection.execute(update(tables.operation_head).values(values))


def _matching(tables: Carried, wanted: Wanted) -> Select[Any]:
    columns = tables.operation.c
    conditions = [
        columns[name] == value
        for name in ("actor", "action", "order_id")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    if wanted.subject is not None:
        conditions.append(_is_about(tables, wanted.subject))
    if wanted.text is not None:
        conditions.append(_holds(tables, wanted.text))
    return select(tables.operation).where(*conditions)


def _is_about(tables: Carried, subject: str) -> ColumnElement[bool]:
    columns = tables.operation.c
    kind, _, name = subject.partition(":")
    is_both = and_(columns.subject_kind == kind, columns.subject_id == name)
    return or_(columns.subject_id == subject, columns.subject_kind == subject, is_both)


def _holds(tables: Carried, sought: str) -> ColumnElement[bool]:
    columns = tables.operation.c
    names = ("actor", "action", "subject_kind", "subject_id", "reason")
    texts = [columns[name].icontains(sought, autoescape=True) for name in names]
    escaped = json.dumps(sought)[1:-1]  # as the driver writes letters beyond ASCII into JSON
    contents = [
        cast(content, Text).icontains(escaped, autoescape=True)
        for content in (columns.before, columns.after)
    ]
    return or_(*texts, *contents)


def _row(entry: Entry) -> dict[str, Any]:
    written = {f.name: getattr(entry.operation, f.name) for f in fields(entry.operation)}
    place = {"number": entry.number, "previous_hash": entry.previous_hash, "hash": entry.hash}
    return written | place


def entry_of(row: RowMapping | Mapping[str, Any]) -> Entry:
    operation = Operation(**{f.name: row[f.name] for f in fields(Operation)})
    return Entry(row["number"], operation, row["previous_hash"], row["hash"])
