"""Entries of the operation log come back only where they fit: each is proved before it is kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.exporting import Unfit, put_back
from common.database.operation_chain import Anchor, Entry
from common.database.operation_log import beginning, entry_of, inspect, lock_head
from common.database.schema import Carried


async def restore(
    connection: AsyncConnection, tables: Carried, rows: Sequence[dict[str, Any]]
) -> int:
    """Put back entries that are missing; return how many those were.

    Where the end of the log is missing too, the head moves with it. All in one transaction: unless
    the whole log holds afterwards, the caller has to let it fail.

    Raises:
        Unfit: the log with these entries would not hold.
    """
    end, last_id = await lock_head(connection, tables)
    first = await beginning(connection, tables)
    kept = [row for row in rows if row["number"] > first.number]  # the rest is past retention
    count = await put_back(connection, tables.operation, kept) if kept else 0
    last = max(map(entry_of, kept), key=_number, default=None)
    if last is not None and last.number > end.number:
        end = last.anchor()
        ids = max(last_id, last.operation.operation_id)
        values = {"number": end.number, "hash": end.hash, "last_id": ids}
        await connection.execute(update(tables.operation_head).values(values))
    fault = (await inspect(connection, tables, _anchors(end))).fault
    if fault is not None:
        raise Unfit(f"Nothing was put back. At entry {fault.number}: {fault.told}")
    return count


def _number(entry: Entry) -> int:
    return entry.number


def _anchors(end: Anchor) -> dict[int, bytes]:
    return {end.number: end.hash} if end.number else {}
