"""Partitions by day, and migrations, also when several processes begin at once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Uuid, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.tables import carried, metadata

from common.clock import utc_now
from common.database.migrating import migrate, pending_changes
from common.database.operation_log import Wanted, inspect, page
from common.database.operations import record
from common.database.partitions import (
    DAYS_AHEAD,
    DAYS_KEPT,
    INBOX_DAYS_KEPT,
    OPERATIONS_DAYS_KEPT,
    maintain,
    partition_name,
)
from common.database.schema import carried_tables
from common.database.work import WorkFactory
from common.ids import first_id_at
from support.infrastructure import NewDatabase

DAYS = {
    "event_log": DAYS_KEPT,
    "inbox": INBOX_DAYS_KEPT,
    "operation": OPERATIONS_DAYS_KEPT,
}
TODAY = date(2027, 3, 1)
"""Far from the day that the migration itself has prepared for."""


@pytest.fixture
async def bare(new_database: NewDatabase) -> AsyncEngine:
    """A migrated database of its own; its partitions are of the day it was made."""
    return await new_database("toy", carried)


async def names(engine: AsyncEngine, table: str) -> set[str]:
    async with engine.connect() as connection:
        statement = text(
            "select inhrelid::regclass::text from pg_inherits"
            f" where inhparent = 'toy.{table}'::regclass"
        )
        return {name.removeprefix("toy.") for name in await connection.scalars(statement)}


def id_on(day: date, hour: int = 12) -> UUID:
    return first_id_at(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


async def kept(engine: AsyncEngine, today: date) -> list[str]:
    async with engine.begin() as connection:
        return await maintain(connection, carried, today)


async def place_of(engine: AsyncEngine, event_id: UUID) -> str:
    async with engine.connect() as connection:
        statement = text("select tableoid::regclass::text from toy.inbox where event_id = :id")
        name = (await connection.execute(statement, {"id": event_id})).scalar_one()
    return str(name).removeprefix("toy.")


async def store(engine: AsyncEngine, *event_ids: UUID) -> None:
    async with engine.begin() as connection:
        rows = [{"event_id": event_id} for event_id in event_ids]
        await connection.execute(insert(carried.inbox), rows)


async def test_days_ahead_have_their_partitions_and_old_ones_go(bare: AsyncEngine) -> None:
    await kept(bare, TODAY)
    later = TODAY + timedelta(days=OPERATIONS_DAYS_KEPT + 3)
    dropped = await kept(bare, later)
    for table in carried.partitioned:
        there = await names(bare, table.name)
        for ahead in range(-1, DAYS_AHEAD + 1):
            assert partition_name(table, later + timedelta(days=ahead)) in there
        oldest = partition_name(table, later - timedelta(days=DAYS[table.name]))
        dated = {name for name in there if name[-8:].isdigit()}
        assert min(dated) >= oldest
        assert partition_name(table, TODAY) in dropped
        assert f"{table.name}_other" in there


async def test_what_is_dropped_was_kept_for_two_whole_weeks(bare: AsyncEngine) -> None:
    await kept(bare, TODAY)
    last = partition_name(carried.event_log, TODAY)
    assert last not in await kept(bare, TODAY + timedelta(days=14))
    assert last not in await kept(bare, TODAY + timedelta(days=15))
    assert last in await kept(bare, TODAY + timedelta(days=16))


async def test_what_was_handled_is_known_for_longer_than_it_can_be_emitted_again(
    bare: AsyncEngine,
) -> None:
    await kept(bare, TODAY)
    handled, announced = (partition_name(t, TODAY) for t in (carried.inbox, carried.event_log))
    dropped = await kept(bare, TODAY + timedelta(days=16))
    assert announced in dropped
    assert handled not in dropped
    assert handled in await kept(bare, TODAY + timedelta(days=19))


async def test_operations_are_kept_as_long_as_the_setting_says(bare: AsyncEngine) -> None:
    await kept(bare, TODAY)
    name = partition_name(carried.operation, TODAY)
    async with bare.begin() as connection:
        assert name not in await maintain(connection, carried, TODAY + timedelta(days=40), 40)
        assert name in await maintain(connection, carried, TODAY + timedelta(days=41), 40)


async def test_an_id_goes_into_the_partition_of_its_day(bare: AsyncEngine) -> None:
    await kept(bare, TODAY)
    midnight = first_id_at(datetime(2027, 3, 1, tzinfo=UTC))
    before, after = UUID(int=midnight.int - 1), midnight
    await store(bare, before, after)
    assert await place_of(bare, before) == "inbox_20270228"
    assert await place_of(bare, after) == "inbox_20270301"


async def test_ids_of_any_other_day_have_a_place_too(bare: AsyncEngine) -> None:
    await kept(bare, TODAY)
    old, far = id_on(TODAY - timedelta(days=300)), id_on(TODAY + timedelta(days=300))
    random = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
    await store(bare, old, far, random)
    assert {await place_of(bare, event_id) for event_id in (old, far, random)} == {"inbox_other"}


async def test_an_id_from_a_clock_that_is_ahead_does_not_stop_the_making_of_partitions(
    bare: AsyncEngine,
) -> None:
    """It lies in the partition for all else when its own day's is to be made, and moves there."""
    await kept(bare, TODAY)
    ahead = id_on(TODAY + timedelta(days=DAYS_AHEAD + 1))
    await store(bare, ahead)
    assert await place_of(bare, ahead) == "inbox_other"
    await kept(bare, TODAY + timedelta(days=1))
    assert await place_of(bare, ahead) == "inbox_20270309"
    async with bare.connect() as connection:
        assert list(await connection.scalars(select(carried.inbox.c.event_id))) == [ahead]


async def test_a_table_of_the_service_is_partitioned_by_its_first_key_column(
    bare: AsyncEngine,
) -> None:
    own = MetaData(schema="toy")
    tables = carried_tables(own)
    sighting = Table(
        "sighting",
        own,
        Column("order_id", Uuid, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        postgresql_partition_by="RANGE (order_id)",
    )
    Table("plain", own, Column("order_id", Uuid, primary_key=True))
    assert set(tables.partitioned) == {
        tables.event_log,
        tables.inbox,
        tables.operation,
        sighting,
    }
    early = id_on(TODAY + timedelta(days=DAYS_AHEAD + 1))
    async with bare.begin() as connection:
        await connection.execute(
            text(
                "create table toy.sighting (order_id uuid not null, number integer not null"
                " check (number > 0), primary key (order_id, number)) partition by range (order_id)"
            )
        )
        await maintain(connection, tables, TODAY)
        rows = [{"order_id": early, "number": number} for number in (1, 2)]
        await connection.execute(insert(sighting), rows)
        await maintain(connection, tables, TODAY + timedelta(days=1))
        place = text("select distinct tableoid::regclass::text from toy.sighting")
        assert list(await connection.scalars(place)) == ["toy.sighting_20270309"]
        dropped = await maintain(connection, tables, TODAY + timedelta(days=DAYS_KEPT + 30))
        assert "sighting_20270309" in dropped
        assert list(await connection.scalars(select(sighting.c.number))) == []


async def test_after_a_long_pause_partitions_are_made_again(bare: AsyncEngine) -> None:
    """No worker ran for weeks, while the API went on: its events wait in the partition for all."""
    await kept(bare, TODAY)
    days = [TODAY + timedelta(days=offset) for offset in range(20, 30)]
    await store(bare, *map(id_on, days))
    await kept(bare, days[-1])
    assert await place_of(bare, id_on(days[-1])) == partition_name(carried.inbox, days[-1])
    assert await place_of(bare, id_on(days[-2])) == partition_name(carried.inbox, days[-2])


async def test_rows_of_days_without_a_partition_go_as_well(bare: AsyncEngine) -> None:
    old, recent = (id_on(TODAY - timedelta(days=days)) for days in (DAYS_KEPT + 1, 3))
    rows = [
        {"event_id": event_id, "type": "noted", "order_id": event_id, "body": {}}
        for event_id in (old, recent)
    ]
    async with bare.begin() as connection:
        await connection.execute(insert(carried.event_log), rows)
    await kept(bare, TODAY)
    async with bare.connect() as connection:
        assert list(await connection.scalars(select(carried.event_log.c.event_id))) == [recent]


async def test_an_old_event_handled_just_now_stays_known_for_as_long_as_any_other(
    bare: AsyncEngine,
) -> None:
    """Parked for months, given back, handled: its message may come once more."""
    old = id_on(TODAY - timedelta(days=200))
    await store(bare, old)
    for day in range(3):
        await kept(bare, TODAY + timedelta(days=day))
    assert await place_of(bare, old) == "inbox_other"
    async with bare.begin() as connection:
        await connection.execute(
            text(f"update toy.leftover set seen_at = now() - interval '{INBOX_DAYS_KEPT + 1} days'")
        )
    await kept(bare, TODAY)
    async with bare.connect() as connection:
        assert list(await connection.scalars(select(carried.inbox.c.event_id))) == []
        assert list(await connection.scalars(select(carried.leftover.c.event_id))) == []


async def test_an_operation_log_of_which_retention_took_the_beginning_still_holds(
    bare: AsyncEngine,
) -> None:
    works = WorkFactory(bare, carried)

    async def jot() -> None:
        async with works.begin() as work:
            record(work, actor="anna", action="note.changed", subject=("note", 1))

    async def left() -> list[int]:
        async with bare.connect() as connection:
            inspection = await inspect(connection, carried, {})
            assert inspection.fault is None
            found = await page(connection, carried, Wanted(), after=None, limit=10)
        return [entry.number for entry in found]

    for _ in range(3):
        await jot()
    assert await left() == [3, 2, 1]
    await kept(bare, utc_now().date() + timedelta(days=OPERATIONS_DAYS_KEPT + 1))
    assert await left() == []
    await jot()
    assert await left() == [4]


async def test_several_may_keep_house_at_once(bare: AsyncEngine) -> None:
    await asyncio.gather(*(kept(bare, TODAY) for _ in range(4)))
    later = TODAY + timedelta(days=30)
    found = await asyncio.gather(*(kept(bare, later) for _ in range(4)))
    assert sorted(map(bool, found)) == [False, False, False, True]
    assert partition_name(carried.inbox, later) in await names(bare, "inbox")


async def test_several_may_migrate_an_empty_database_at_once(bare: AsyncEngine) -> None:
    async with bare.begin() as connection:
        await connection.execute(text("drop schema toy cascade"))
    await asyncio.gather(*(migrate(bare, "toy", carried) for _ in range(4)))
    async with bare.connect() as connection:
        assert await connection.run_sync(pending_changes, "toy", metadata) == []
        versions = await connection.scalars(text("select version_num from toy.alembic_version"))
        assert list(versions) == ["0004"]
    assert partition_name(carried.inbox, utc_now().date()) in await names(bare, "inbox")
