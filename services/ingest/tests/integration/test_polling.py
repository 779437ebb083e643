"""Shops are read from where they were left; nothing is passed over and nothing taken in twice."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from ingest_material.pulling import Pull, pull_of
from ingest_material.simulating import SHOP, Simulated, numbers, simulated
from ingest_material.world import World
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from ingest.gateways.channel_api import ChannelApi, ChannelTrouble, Page
from ingest.gateways.registry import Shop
from ingest.store.pull_tables import pull as pull_table
from ingest.store.tables import fetch, sales_order
from support.waiting import until

SHOPIFY = Shop("shopify", SHOP)
PERIOD = timedelta(minutes=5)


class AtOnce:
    """A channel's API whose lists are certain at once, with something that happens at a page."""

    def __init__(self, api: ChannelApi, breaks_at: int = 0) -> None:
        self._api = api
        self._breaks_at = breaks_at
        self.asked = 0

    settled_after = timedelta(seconds=-2)
    """What is sold in this second is listed; the channel's clock is ours."""

    @property
    def topic(self) -> str:
        return self._api.topic

    @property
    def window_max(self) -> timedelta:
        return self._api.window_max

    async def order(self, number: str) -> bytes | None:
        return await self._api.order(number)

    async def orders(self, since: Any, until: Any, page: str | None) -> Page:
        self.asked += 1
        if self.asked == self._breaks_at:
            raise ChannelTrouble("broken")
        return await self._api.orders(since, until, page)


@pytest.fixture
async def channels() -> AsyncIterator[Simulated]:
    async with simulated() as simulator:
        yield simulator


@pytest.fixture
def pull(database: AsyncEngine) -> Pull:
    return pull_of(database)


async def here(world: World) -> set[str]:
    return {order.channel_order_no for order in await world.orders()}


@pytest.mark.parametrize("channel", ["shopify", "woocommerce", "jd", "douyin", "square"])
async def test_what_was_sold_is_found_by_asking(
    world: World, channels: Simulated, pull: Pull, channel: str
) -> None:
    sales = await channels.sell_unseen(120, channel)
    apis = channels.apis(channel)
    shop = Shop(channel, SHOP)
    api = AtOnce(apis.by_shop[shop])
    tally = await pull.polling.poll(shop, api, period=PERIOD)
    assert tally is not None
    assert tally.new == 120
    assert await here(world) == numbers(sales, channel)
    await apis.close()


@pytest.mark.parametrize("channel", ["taobao", "pdd", "wechat_shop"])
async def test_what_a_list_only_names_is_fetched(
    world: World, channels: Simulated, pull: Pull, channel: str
) -> None:
    sales = await channels.sell_unseen(20, channel)
    apis = channels.apis(channel)
    shop = Shop(channel, SHOP)
    tally = await pull.polling.poll(shop, AtOnce(apis.by_shop[shop]), period=PERIOD)
    assert tally is not None
    assert tally.to_fetch == 20
    assert await pull.fetching.some(shop, apis.by_shop[shop]) == 20
    assert await here(world) == numbers(sales, channel)
    await apis.close()


@pytest.mark.usefixtures("world")
async def test_a_shop_that_was_read_is_due_again_after_the_period(
    channels: Simulated, pull: Pull
) -> None:
    apis = channels.apis("shopify")
    api = AtOnce(apis.by_shop[SHOPIFY])
    assert await pull.polling.poll(SHOPIFY, api, period=PERIOD) is not None
    assert await pull.polling.poll(SHOPIFY, api, period=PERIOD) is None
    again = await pull.polling.poll(SHOPIFY, api, period=PERIOD, even_if_not_due=True)
    assert again is not None
    await apis.close()


async def test_reading_again_finds_what_is_missing_and_stores_nothing_twice(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(10, "shopify")
    apis = channels.apis("shopify")
    api = AtOnce(apis.by_shop[SHOPIFY])
    await pull.polling.poll(SHOPIFY, api, period=PERIOD)
    receipts = len(await world.receipts())
    async with world.engine.begin() as connection:  # as if the list had told of it late
        gone = sales[0]["number"]
        await connection.execute(sales_order.delete().where(sales_order.c.channel_order_no == gone))
    before = await here(world)
    assert gone not in before
    # The change was taken in before, so that the message counts as answered: sell one more.
    late = await channels.sell_unseen(1, "shopify")
    await pull.polling.poll(SHOPIFY, api, period=PERIOD, even_if_not_due=True)
    assert before < await here(world)
    assert len(late) == 11
    assert len(await world.receipts()) == receipts + 1
    await apis.close()


async def test_only_one_reads_a_shop(world: World, channels: Simulated, pull: Pull) -> None:
    await channels.sell_unseen(300, "shopify")
    apis = channels.apis("shopify")
    api = AtOnce(apis.by_shop[SHOPIFY])
    tallies = await asyncio.gather(
        *(pull.polling.poll(SHOPIFY, api, period=PERIOD) for _ in range(3))
    )
    assert sum(tally is not None for tally in tallies) == 1
    assert len(await world.orders()) == 300
    await apis.close()


async def test_a_poll_that_breaks_goes_on_at_its_page(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(600, "shopify")
    apis = channels.apis("shopify")
    await mark_read(pull)
    # The overlap is one call; the second page of what is new breaks.
    with pytest.raises(ChannelTrouble, match="broken"):
        await pull.polling.poll(SHOPIFY, AtOnce(apis.by_shop[SHOPIFY], 3), period=PERIOD)
    (row,) = await world.rows(select(pull_table))
    assert row.failures == 1
    assert row.page is not None
    assert len(await world.orders()) == 250
    whole = AtOnce(apis.by_shop[SHOPIFY])
    await pull.polling.poll(SHOPIFY, whole, period=PERIOD, even_if_not_due=True)
    assert await here(world) == numbers(sales, "shopify")
    assert len(await world.receipts()) == 600
    (row,) = await world.rows(select(pull_table))
    assert (row.failures, row.page, row.until) == (0, None, None)
    await apis.close()


async def mark_read(pull: Pull) -> None:
    """Note that the shop was read until an hour ago."""
    async with pull.polling.filing.works.begin() as work:
        values = {"channel": "shopify", "shop": SHOP, "task": "poll", "due_at": work.now}
        position = work.now - timedelta(hours=1)
        await work.connection.execute(pull_table.insert().values(**values, position=position))


async def test_a_page_that_the_channel_forgot_begins_the_window_anew(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(300, "shopify")
    apis = channels.apis("shopify")
    await mark_read(pull)
    async with world.engine.begin() as connection:
        end = utc_now() + timedelta(seconds=2)
        await connection.execute(update(pull_table).values(until=end, page="forgotten"))
    await pull.polling.poll(SHOPIFY, AtOnce(apis.by_shop[SHOPIFY]), period=PERIOD)
    assert await here(world) == numbers(sales, "shopify")
    await apis.close()


async def test_a_span_is_read_by_hand_and_moves_no_cursor(
    world: World, channels: Simulated, database_url: str
) -> None:
    sales = await channels.sell_unseen(30, "pdd")
    begin = (utc_now() - timedelta(hours=2)).isoformat()
    end = (utc_now() + timedelta(seconds=5)).isoformat()
    told = await poll_process(channels, database_url, "pdd", "--since", begin, "--until", end)
    output, _ = await told.communicate()
    assert told.returncode == 0, output.decode()
    assert "30 orders listed, 0 taken in, 30 to fetch" in output.decode().splitlines()[-1]
    assert {row.channel_order_no for row in await world.rows(select(fetch))} == numbers(
        sales, "pdd"
    )
    assert await world.rows(select(pull_table)) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--until", "2026-01-01T00:00:00Z"], "--until needs --since"),
        (["--since", "2020-01-01T00:00:00Z"], "up to 90 days"),
        (["--since", "2026-01-01T00:00:00"], "has no offset"),
    ],
)
@pytest.mark.usefixtures("world")
async def test_a_wrong_span_is_refused(
    channels: Simulated, database_url: str, arguments: list[str], complaint: str
) -> None:
    told = await poll_process(channels, database_url, "pdd", *arguments)
    output, _ = await told.communicate()
    assert told.returncode
    assert complaint in output.decode()
    assert "Traceback" not in output.decode()


async def test_a_poll_that_is_killed_loses_nothing_and_repeats_nothing(
    world: World, channels: Simulated, database_url: str
) -> None:
    sales = await channels.sell_unseen(2_000, "shopify")
    sold_at, settled_after = utc_now(), channels.apis("shopify").by_shop[SHOPIFY].settled_after

    async def is_settled() -> bool:
        return utc_now() - sold_at > settled_after + timedelta(seconds=1)

    await until(is_settled)
    first = await poll_process(channels, database_url, "shopify", calls_per_second=1)

    async def some_are_here() -> bool:
        if first.returncode is not None:
            assert first.stdout is not None
            pytest.fail((await first.stdout.read()).decode())
        count = select(func.count()).select_from(sales_order)
        async with world.engine.connect() as connection:
            return bool((await connection.scalar(count) or 0) >= 500)

    await until(some_are_here)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    assert 500 <= len(await world.orders()) < 2_000
    async with world.engine.begin() as connection:  # as if the lease's time were over
        await connection.execute(update(pull_table).values(leased_until=utc_now()))
    second = await poll_process(channels, database_url, "shopify")
    output, _ = await second.communicate()
    assert second.returncode == 0, output.decode()
    assert await here(world) == numbers(sales, "shopify")
    assert len(await world.receipts()) == 2_000


async def poll_process(
    channels: Simulated,
    database_url: str,
    channel: str,
    *arguments: str,
    calls_per_second: int = 1000,
) -> asyncio.subprocess.Process:
    settings = channels.settings(channel)
    settings[f"{channel}/{SHOP}"]["calls_per_second"] = calls_per_second
    environment = {"DATABASE_URL": database_url, "CHANNEL_APIS": json.dumps(settings)}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingest", "poll", f"{channel}/{SHOP}", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
