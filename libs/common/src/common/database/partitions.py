"""Partitions by day of what is kept for two weeks: made ahead of time, dropped when it is over."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.schema import Carried
from common.ids import first_id_at

_LOCK = 0x51_0C_E2  # any number; two at once would make the same partition
DAYS_AHEAD = 7
DAYS_KEPT = 15  # two whole weeks and the day that is running


def _default(table: Table) -> str:
    return f'"{table.schema}"."{table.name}_other"'


def _key(table: Table) -> str:
    """Return the column whose UUIDv7 tells the day."""
    return next(iter(table.primary_key.columns)).name


def partition_name(table: Table, day: date) -> str:
    return f"{table.name}_{day:%Y%m%d}"


async def maintain(connection: AsyncConnection, tables: Carried, today: date) -> list[str]:
    """Make what is missing and drop what is too old; return the names of the partitions dropped."""
    await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    dropped: list[str] = []
    for table in tables.partitioned:
        await _make_default(connection, table)
        for offset in range(-1, DAYS_AHEAD + 1):
            await _make(connection, table, today + timedelta(days=offset))
        for name in await _too_old(connection, table, today - timedelta(days=DAYS_KEPT)):
            await connection.execute(text(f'drop table if exists "{table.schema}"."{name}"'))
            dropped.append(name)
    return dropped


async def _make_default(connection: AsyncConnection, table: Table) -> None:
    """Catch ids of days that have no partition: an event parked for weeks, a clock far off."""
    await connection.execute(
        text(
            f"create table if not exists {_default(table)}"
            f' partition of "{table.schema}"."{table.name}" default'
        )
    )


async def _make(connection: AsyncConnection, table: Table, day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first, end = first_id_at(start), first_id_at(start + timedelta(days=1))
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
