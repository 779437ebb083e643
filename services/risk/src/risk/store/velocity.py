"""Orders counted by minute, for whoever ordered: added to without waiting, merged and dropped."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Numeric, cast, func, text
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_statement
from risk.domain.velocity import HOUR, KEPT, MERGED_AFTER, SUM_MAX, Cell, Sum, hour_begins
from risk.store.feature_tables import velocity

HOURLY = 0
"""The slot of what was merged."""
SLOTS = range(1, 2**15)
_COLUMNS = ("key", "minute", "currency", "slot", "orders", "sum_minor")
_LOCK = 0x51_0C_F0  # any number; two at once would merge the same minutes
_HOURS_LOOKED_AT = 3
"""What came later than that stays in minutes, which is as right."""
_ROWS_MAX = 20_000
"""Of one statement: nobody waits long for a row of it."""


async def add(connection: AsyncConnection, sums: Sequence[tuple[Cell, Sum]], slot: int) -> None:
    """Add to what was counted; the cells are distinct and in order, so that no two wait crosswise.

    A slot is a process's own: rows of the same cell in other slots are other rows.
    """
    if not sums:
        return
    columns: dict[str, list[Any]] = {
        "key": [cell.key for cell, _ in sums],
        "minute": [cell.minute for cell, _ in sums],
        "currency": [cell.currency for cell, _ in sums],
        "slot": [slot] * len(sums),
        "orders": [counted.orders for _, counted in sums],
        "sum_minor": [counted.sum_minor for _, counted in sums],
    }
    await connection.execute(_ADD, columns)


def _adding(statement: Insert) -> Insert:
    new = statement.excluded
    total = cast(velocity.c.sum_minor, Numeric) + new.sum_minor
    return statement.on_conflict_do_update(
        index_elements=["key", "minute", "currency", "slot"],
        set_={
            "orders": velocity.c.orders + new.orders,
            "sum_minor": cast(func.least(total, SUM_MAX), BigInteger),
        },
    )


_ADD = _adding(insert_statement(velocity, _COLUMNS))

# Rows that a worker holds at this moment are left for the next time: neither waits for the other.
# Whoever had one order in an hour has one row either way.
_MERGE = text(
    """
    with crowded as (
        select key, currency from risk.velocity
        where minute >= :hour and minute < :hour + 60 and slot <> 0
        group by key, currency having count(*) > 1 limit :rows
    ), taken as (
        select v.key, v.minute, v.currency, v.slot from risk.velocity v
        join crowded c on c.key = v.key and c.currency = v.currency
        where v.minute >= :hour and v.minute < :hour + 60 and v.slot <> 0
        for update of v skip locked
    ), gone as (
        delete from risk.velocity v using taken t
        where v.key = t.key and v.minute = t.minute and v.currency = t.currency and v.slot = t.slot
        returning v.*
    ), hours as (
        insert into risk.velocity as v (key, minute, currency, slot, orders, sum_minor)
        select key, :hour, currency, 0, sum(orders), least(sum(sum_minor), :sum_max) from gone
        group by key, currency
        on conflict (key, minute, currency, slot) do update set
            orders = v.orders + excluded.orders,
            sum_minor = least(v.sum_minor::numeric + excluded.sum_minor, :sum_max)
    )
    select count(*) from gone
    """
).bindparams(sum_max=SUM_MAX, rows=_ROWS_MAX)
_DROP = text(
    """
    with gone as (
        delete from risk.velocity where ctid = any(array(
            select ctid from risk.velocity where minute < :first limit :rows
            for update skip locked
        )) returning 1
    )
    select count(*) from gone
    """
).bindparams(rows=_ROWS_MAX)


def hours_to_merge(now: int) -> list[int]:
    """Return the first minutes of the hours that ended long enough ago, the oldest first."""
    end = hour_begins(now - MERGED_AFTER)
    return [end - back * HOUR for back in range(_HOURS_LOOKED_AT, 0, -1)]


async def merge(connection: AsyncConnection, hour: int) -> int:
    """Make rows of minutes of this hour one row each; return how many went, 0 when all did."""
    if not await _alone(connection):
        return 0
    return int(await connection.scalar(_MERGE, {"hour": hour}) or 0)


async def drop(connection: AsyncConnection, now: int) -> int:
    """Drop what no window reaches any more; return how many rows went, 0 when all did."""
    if not await _alone(connection):
        return 0
    return int(await connection.scalar(_DROP, {"first": hour_begins(now) - KEPT}) or 0)


async def _alone(connection: AsyncConnection) -> bool:
    lock = text("select pg_try_advisory_xact_lock(:key)")
    return bool(await connection.scalar(lock, {"key": _LOCK}))
