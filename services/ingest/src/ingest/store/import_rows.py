"""The rows of a file while its orders are taken in, and what is wrong with those that cannot be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, insert_rows
from ingest.domain.files.faults import Fault
from ingest.domain.files.grouping import Part
from ingest.domain.files.sheet import CheckedRow
from ingest.store.documents import as_text
from ingest.store.tables import import_error, import_order, import_row

_PLACE = (import_row.c.import_id, import_row.c.part, import_row.c.row_no)
_FAULT = ["import_id", "part", "row_no", "column", "code"]


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as the files have it: where it begins, and how many rows it has."""

    first_row: int
    order_no: str
    rows: int


async def add_rows(
    connection: AsyncConnection, import_id: UUID, part: int, rows: Sequence[CheckedRow]
) -> None:
    """Keep the rows whose order is known; what is wrong with them is in the report."""
    known = [row for row in rows if row.order_no is not None]
    await insert_rows(
        connection,
        import_row,
        {
            "import_id": [import_id] * len(known),
            "part": [part] * len(known),
            "row_no": [row.number for row in known],
            "order_no": [row.order_no for row in known],
            "cells": [json.dumps(dict(row.cells), ensure_ascii=True) for row in known],
            "wrong": [bool(row.faults) for row in known],
        },
    )


async def add_faults(connection: AsyncConnection, import_id: UUID, faults: Sequence[Fault]) -> None:
    """Put these into the report."""
    await insert_new_rows(
        connection,
        import_error,
        {
            "import_id": [import_id] * len(faults),
            "part": [fault.part for fault in faults],
            "row_no": [fault.row for fault in faults],
            "column": [fault.column for fault in faults],
            "code": [fault.code for fault in faults],
        },
        returning="import_id",
    )


async def find_orders(connection: AsyncConnection, import_id: UUID) -> int:
    """Note which orders there are, in the order of the file; return how many."""
    of_file = import_row.c.part == 0
    found = (
        select(
            import_row.c.import_id,
            func.min(import_row.c.row_no).filter(of_file),
            import_row.c.order_no,
            func.count(),
        )
        .where(import_row.c.import_id == import_id)
        .group_by(import_row.c.import_id, import_row.c.order_no)
        .having(func.bool_or(of_file))
    )
    names = ["import_id", "first_row", "order_no", "rows"]
    done = await connection.execute(insert(import_order).from_select(names, found))
    return done.rowcount


async def refuse_large(connection: AsyncConnection, import_id: UUID, rows_max: int) -> int:
    """Put orders with more rows than any may have into the report; return how many rows."""
    here = import_row.c.import_id == import_id
    large = (
        select(import_row.c.order_no)
        .where(here)
        .group_by(import_row.c.order_no)
        .having(func.count() > rows_max)
    )
    gone = (
        delete(import_row)
        .where(here, import_row.c.order_no.in_(large))
        .returning(*_PLACE, import_row.c.wrong)
        .cte("gone")
    )
    bad = select(
        gone.c.import_id,
        gone.c.part,
        gone.c.row_no,
        literal("", Text),
        literal("too_many_rows", Text),
    ).where(~gone.c.wrong)
    done = await connection.execute(insert(import_error).from_select(_FAULT, bad).add_cte(gone))
    return done.rowcount


async def report_strays(connection: AsyncConnection, import_id: UUID) -> int:
    """Put rows of the second file into the report whose order the first does not have."""
    other = import_row.alias()
    of_order = exists().where(
        other.c.import_id == import_row.c.import_id,
        other.c.order_no == import_row.c.order_no,
        other.c.part == 0,
    )
    strays = select(
        import_row.c.import_id,
        import_row.c.part,
        import_row.c.row_no,
        literal("", Text),
        literal("unknown_order", Text),
    ).where(
        import_row.c.import_id == import_id,
        import_row.c.part == 1,
        ~import_row.c.wrong,
        ~of_order,
    )
    done = await connection.execute(insert(import_error).from_select(_FAULT, strays))
    return done.rowcount


async def next_orders(
    connection: AsyncConnection, import_id: UUID, after: int, limit: int
) -> list[FoundOrder]:
    """Return the orders that begin behind this row."""
    statement = (
        select(import_order.c.first_row, import_order.c.order_no, import_order.c.rows)
        .where(import_order.c.import_id == import_id, import_order.c.first_row > after)
        .order_by(import_order.c.first_row)
        .limit(limit)
    )
    return [FoundOrder(*row) for row in await connection.execute(statement)]


async def rows_of(
    connection: AsyncConnection, import_id: UUID, orders: Sequence[FoundOrder]
) -> dict[str, list[Part]]:
    """Return the rows of these orders, of both files, by number."""
    given = bindparam("orders", type_=ARRAY(Text))
    statement = select(
        import_row.c.part,
        import_row.c.row_no,
        import_row.c.order_no,
        as_text(import_row.c.cells),
        import_row.c.wrong,
    ).where(import_row.c.import_id == import_id, import_row.c.order_no == given.any_())
    found: dict[str, list[Part]] = {order.order_no: [] for order in orders}
    for row in await connection.execute(statement, {"orders": list(found)}):
        found[row.order_no].append(Part(row.part, row.row_no, json.loads(row.cells), row.wrong))
    return found


async def faults(
    connection: AsyncConnection, import_id: UUID, after: Fault | None, limit: int
) -> list[Fault]:
    """Return what is in the report, by file and row."""
    key = (
        import_error.c.part,
        import_error.c.row_no,
        import_error.c.column,
        import_error.c.code,
    )
    statement = select(*key).where(import_error.c.import_id == import_id)
    if after is not None:
        last = (after.part, after.row, after.column, after.code)
        statement = statement.where(func.row(*key) > func.row(*last))
    rows = await connection.execute(statement.order_by(*key).limit(limit))
    return [Fault(*row) for row in rows]
