"""The worker's asking of channels as it runs: everything together, from its settings."""

import asyncio
import json
from contextlib import suppress

import pytest
from ingest_material.simulating import simulated
from ingest_material.world import World
from sqlalchemy import select

from ingest.settings import Settings
from ingest.store.pull_tables import completeness
from ingest.use_cases.pull_plan import pulling_plan
from ingest.use_cases.pulling import keep_pulling
from ingest.wiring import service
from support.waiting import until

CHANNELS = ("wechat_shop", "shopify", "woocommerce", "square")


async def test_every_order_comes_although_nobody_told_of_it(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated() as simulator:
        sales = await simulator.sell_unseen(40, *CHANNELS)
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setenv("AMQP_URL", "amqp://guest:guest@127.0.0.1:1/")
        monkeypatch.setenv("CHANNEL_APIS", json.dumps(simulator.settings(*CHANNELS)))
        monkeypatch.setenv("POLL_SECONDS", "0")
        monkeypatch.setenv("COMPLETENESS_DELAY", "0")
        monkeypatch.setenv("COMPLETENESS_WINDOW", "5")
        runtime = service().runtime(connections_max=6, sweeps=False)
        pulling = asyncio.ensure_future(keep_pulling(runtime, pulling_plan(Settings())))

        async def all_here() -> bool:
            assert not pulling.done()
            return len(await world.orders()) == len(sales)

        try:
            # A change is certain to be listed a minute after, on WeChat.
            await until(all_here, seconds=120)
        finally:
            pulling.cancel()
            with suppress(asyncio.CancelledError):
                await pulling
            await runtime.close()
    found = {(order.channel, order.channel_order_no) for order in await world.orders()}
    assert found == {(sale["channel"], sale["number"]) for sale in sales}
    hours = await world.rows(select(completeness))
    assert sum(hour.late for hour in hours) == 40
    assert sum(hour.missing for hour in hours) == 0
