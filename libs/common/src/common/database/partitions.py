"""Partitions by day of what is kept for a while: made ahead of time, dropped when it is over.

A row of a day that never had a partition lies in the one for all else, and goes after the same
time as its day would have.
"""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.operation_log import forget_before
from common.database.schema import Carried
from common.ids import first_id_at

_LOCK = 0x51_0C_E2  # any number; two at once would make the same partition
DAYS_AHEAD = 7
DAYS_KEPT = 15  # two whole weeks and the day that is running
INBOX_DAYS_KEPT = DAYS_KEPT + 3  # what is emitted again from the log's last day is still known
OPERATIONS_DAYS_KEPT = 90
ROWS_AT_ONCE = 50_000


def _default(table: Table) -> str:
    return f'"{table.schema}"."{table.name}_other"'


def _key(table: Table) -> str:
    """Return the column whose UUIDv7 tells the day."""
    return next(iter(table.primary_key.columns)).name


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def partition_name(table: Table, day: date) -> str:
    return f"{table.name}_{day:%Y%m%d}"


async def maintain(
    connection: AsyncConnection,
    tables: Carried,
    today: date,
    operations_days: int = OPERATIONS_DAYS_KEPT,
) -> list[str]:
    """Make what is missing and drop what is too old; return the names of the partitions dropped."""
    await prepare(connection, tables, today)
    days = {tables.inbox: INBOX_DAYS_KEPT, tables.operation: operations_days}
    dropped: list[str] = []
    for table in tables.partitioned:
        first_kept = today - timedelta(days=days.get(table, DAYS_KEPT))
        if table is tables.operation:
            await forget_before(connection, tables, first_id_at(_midnight(first_kept)))
        for name in await _too_old(connection, table, first_kept):
            await connection.execute(text(f'drop table if exists "{table.schema}"."{name}"'))
            dropped.append(name)
        if table is tables.inbox:
            await _forget_leftovers(connection, tables, first_kept)
        else:
            await _empty_default(connection, table, first_kept)
    return dropped


async def prepare(connection: AsyncConnection, tables: Carried, today: date) -> None:
    """Make the partitions that are missing, a week ahead; drop nothing."""
    await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for table in tables.partitioned:
        await _make_default(connection, table)
        for offset in range(-1, DAYS_AHEAD + 1):
            await _make(connection, table, today + timedelta(days=offset))


async def _empty_default(connection: AsyncConnection, table: Table, first_kept: date) -> None:
    """Delete rows older than any that is kept; of very many the rest goes the next time."""
    old = f'select ctid from {_default(table)} where "{_key(table)}" < :first limit {ROWS_AT_ONCE}'  # noqa: S608 - our own names
    statement = f"delete from {_default(table)} where ctid = any(array({old}))"  # noqa: S608 - see above
    await connection.execute(text(statement), {"first": first_id_at(_midnight(first_kept))})


async def _forget_leftovers(connection: AsyncConnection, tables: Carried, first_kept: date) -> None:
    """Delete handled events that came long after their day, as long after they were seen here.

    One that was parked for months has an old id and was handled just now: its message may still
    come once more.
    """
    inbox, seen = _default(tables.inbox), f'"{tables.schema}"."{tables.leftover.name}"'
    long_ago = f"seen_at < now() - interval '{INBOX_DAYS_KEPT} days'"
    see = (
        f"insert into {seen} (event_id) select event_id from {inbox} leftover"  # noqa: S608 - our own names
        f" where event_id < :first and not exists"
        f" (select from {seen} seen where seen.event_id = leftover.event_id)"
        f" limit {ROWS_AT_ONCE} on conflict do nothing"
    )
    await connection.execute(text(see), {"first": first_id_at(_midnight(first_kept))})
    of_long_ago = f"select event_id from {seen} where {long_ago}"  # noqa: S608 - see above
    await connection.execute(text(f"delete from {inbox} where event_id in ({of_long_ago})"))  # noqa: S608 - see above
    await connection.execute(text(f"delete from {seen} where {long_ago}"))  # noqa: S608 - see above


async def _make_default(connection: AsyncConnection, table: Table) -> None:
    """Catch ids of days that have no partition: an event parked for weeks, a clock far off."""
    await connection.execute(
        text(
            f"create table if not exists {_default(table)}"
            f' partition of "{table.schema}"."{table.name}" default'
        )
    )


async def _make(connection: AsyncConnection, table: Table, day: date) -> None:
    first, end = (first_id_at(_midnight(day + timedelta(days=ahead))) for ahead in (0, 1))
    parent, name = f'"{table.schema}"."{table.name}"', partition_name(table, day)
    partition = f'"{table.schema}"."{name}"'
    known = await connection.scalar(text("select to_regclass(:name)"), {"name": partition})
    if known is not None:
        return
    # Rows of this day that came before its partition wait in the one for all else, and move.
    values = f"for values from ('{first}') to ('{end}')"
    key = f'"{_key(table)}"'
    days = f"{key} >= '{first}' and {key} < '{end}'"
    alike = "including defaults including constraints including indexes"
    for statement in (
        f"lock table {_default(table)} in access exclusive mode",
        f"create table {partition} (like {parent} {alike})",
        f"insert into {partition} select * from {_default(table)} where {days}",  # noqa: S608 - our own names
        f"delete from {_default(table)} where {days}",  # noqa: S608 - see above
        f"alter table {parent} attach partition {partition} {values}",
    ):
        await connection.execute(text(statement))


async def _too_old(connection: AsyncConnection, table: Table, first_kept: date) -> list[str]:
    names = await connection.scalars(
        text(
            "select child.relname from pg_inherits"
            " join pg_class child on child.oid = inhrelid"
            " where inhparent = cast(:parent as regclass)"
        ),
        {"parent": f"{table.schema}.{table.name}"},
    )
    oldest = partition_name(table, first_kept)
    return [name for name in names if name[-8:].isdigit() and name < oldest]
