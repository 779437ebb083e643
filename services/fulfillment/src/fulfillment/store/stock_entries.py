"""The book of receipts and counts: why stock on hand changed, append-only."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.ids import new_id
from fulfillment.domain.order import Because
from fulfillment.store.tables import stock_entry


class Kind(StrEnum):
    RECEIPT = "receipt"
    COUNT = "count"


class Entry(NamedTuple):
    warehouse: str
    sku: str
    kind: Kind
    change: int


async def add(
    connection: AsyncConnection, entries: Sequence[Entry], reason: str, because: Because
) -> None:
    count = len(entries)
    columns: Columns = {
        "entry_id": [new_id() for _ in entries],
        "warehouse": [e.warehouse for e in entries],
        "sku": [e.sku for e in entries],
        "kind": [e.kind for e in entries],
        "change": [e.change for e in entries],
        "reason": [reason] * count,
        "by": [because.by] * count,
        "at": [because.at] * count,
    }
    await insert_rows(connection, stock_entry, columns)
