"""How many orders customers and phones had, and how many of them were refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_statement
from risk.store.feature_tables import receiver_history

_COLUMNS = ("key", "first_minute", "orders", "refusals")


@dataclass(slots=True)
class Change:
    """What is new about one of them."""

    first_minute: int
    orders: int = 0
    refusals: int = 0


async def add(connection: AsyncConnection, changes: Mapping[int, Change]) -> None:
    """Add what is new, in the order of keys: two batches cannot wait for each other."""
    if not changes:
        return
    ordered = sorted(changes.items())
    columns = {
        "key": [key for key, _ in ordered],
        "first_minute": [change.first_minute for _, change in ordered],
        "orders": [change.orders for _, change in ordered],
        "refusals": [change.refusals for _, change in ordered],
    }
    await connection.execute(_ADD, columns)


_NEW = insert_statement(receiver_history, _COLUMNS)
_ADD = _NEW.on_conflict_do_update(
    index_elements=["key"],
    set_={
        "first_minute": func.least(receiver_history.c.first_minute, _NEW.excluded.first_minute),
        "orders": receiver_history.c.orders + _NEW.excluded.orders,
        "refusals": receiver_history.c.refusals + _NEW.excluded.refusals,
    },
)
