"""Orders that a message names and does not carry are fetched, whatever happens meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from ingest_material.pulling import Pull, pull_of
from ingest_material.simulating import SHOP, Simulated, simulated
from ingest_material.world import World
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from common.database.work import WorkFactory
from ingest.domain.identity import Identity
from ingest.gateways.registry import Shop
from ingest.store import fetches
from ingest.store.tables import carried, fetch

DOUYIN = Shop("douyin", SHOP)


@pytest.fixture
async def channels() -> AsyncIterator[Simulated]:
    async with simulated() as simulator:
        yield simulator


@pytest.fixture
def pull(database: AsyncEngine) -> Pull:
    return pull_of(database)


async def ask(engine: AsyncEngine, *numbers: str, shop: Shop = DOUYIN) -> None:
    async with WorkFactory(engine, carried).begin() as work:
        orders = [Identity(*shop, number) for number in numbers]
        await fetches.ask(work.connection, orders, work.now)


async def make_due(engine: AsyncEngine) -> None:
    """Let the time pass that a fetch has to wait."""
    async with engine.begin() as connection:
        await connection.execute(update(fetch).values(due_at=utc_now() - timedelta(seconds=1)))


async def waiting(world: World) -> list[Any]:
    return list(await world.rows(select(fetch).order_by(fetch.c.channel_order_no)))


async def test_what_was_named_is_fetched_and_is_an_order(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(3, "douyin")
    await ask(world.engine, *(sale["number"] for sale in sales))
    apis = channels.apis("douyin")
    assert await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN]) == 3
    orders = await world.orders()
    assert {order.channel_order_no for order in orders} == {sale["number"] for sale in sales}
    assert {order.state for order in orders} == {"received"}
    assert {receipt.topic for receipt in await world.receipts()} == {apis.by_shop[DOUYIN].topic}
    assert await waiting(world) == []
    await apis.close()


async def test_what_the_channel_does_not_give_stays_and_is_asked_for_ever_less_often(
    world: World, channels: Simulated, pull: Pull
) -> None:
    await ask(world.engine, "404")
    apis = channels.apis("douyin")
    pauses = []
    for _ in range(14):
        await make_due(world.engine)
        await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN])
        (row,) = await waiting(world)
        pauses.append(round((row.due_at - utc_now()).total_seconds()))
    assert row.last_error == "unknown_to_channel"
    assert pauses == sorted(pauses)
    assert pauses[0] == 5
    assert pauses[-1] == 3_600
    assert pull.counted("sluice_fetch_failures_total", channel="douyin") == 14
    await apis.close()


async def test_a_channel_that_is_away_loses_nothing(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(2, "douyin")
    await ask(world.engine, *(sale["number"] for sale in sales))
    apis = channels.apis("douyin")
    await channels.fault(failing=1)
    await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN])
    assert {row.last_error for row in await waiting(world)} == {"status_502"}
    assert await world.orders() == []
    await channels.fault()
    await make_due(world.engine)
    await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN])
    assert len(await world.orders()) == 2
    assert await waiting(world) == []
    await apis.close()


async def test_what_is_being_fetched_is_not_fetched_by_another(
    world: World, channels: Simulated, pull: Pull
) -> None:
    await ask(world.engine, "1", "2", "3")
    works = WorkFactory(world.engine, carried)
    lease = timedelta(minutes=1)
    async with works.begin() as first, works.begin() as second:
        mine = await fetches.take(first.connection, DOUYIN, first.now, limit=2, lease=lease)
        theirs = await fetches.take(second.connection, DOUYIN, second.now, limit=9, lease=lease)
    assert len(mine) == 2
    assert len(theirs) == 1
    apis = channels.apis("douyin")
    assert await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN]) == 0
    await apis.close()


async def test_what_is_asked_for_again_meanwhile_is_fetched_again(world: World) -> None:
    await ask(world.engine, "1")
    works = WorkFactory(world.engine, carried)
    async with works.begin() as work:
        (taken,) = await fetches.take(
            work.connection, DOUYIN, work.now, limit=1, lease=timedelta(minutes=1)
        )
    await ask(world.engine, "1")
    async with works.begin() as work:
        assert await fetches.done(work.connection, taken)
    assert len(await waiting(world)) == 1


async def test_an_order_that_is_here_is_brought_up_to_date(
    world: World, channels: Simulated, pull: Pull
) -> None:
    (sale,) = await channels.sell_unseen(1, "douyin")
    apis = channels.apis("douyin")
    for _ in range(2):
        await ask(world.engine, sale["number"])
        await pull.fetching.some(DOUYIN, apis.by_shop[DOUYIN])
    assert len(await world.orders()) == 1
    assert len(await world.receipts()) == 2
    await apis.close()


async def test_orders_of_a_shop_without_an_api_are_kept_and_counted(
    world: World, pull: Pull
) -> None:
    await ask(world.engine, "1", shop=Shop("square", "cafe"))
    await ask(world.engine, "2")
    await pull.fetching.put_off_unreachable([DOUYIN])
    rows = await waiting(world)
    assert [(row.channel, row.last_error) for row in rows] == [
        ("square", "no_api_configured"),
        ("douyin", None),
    ]
    async with WorkFactory(world.engine, carried).begin() as work:
        assert await fetches.waiting(work.connection, [DOUYIN]) == (2, 1)
        assert await fetches.waiting(work.connection, []) == (2, 2)
