"""Every channel's pushes, signed by somebody who knows nothing of our code, at the real door."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ingest_material.process import ServiceProcess, api_process
from ingest_material.simulating import PUSH_SECRETS, SHOP, numbers, simulated
from ingest_material.world import World
from sqlalchemy import select

from ingest.store.tables import fetch
from simulator.settings import CHANNELS

THIN = {"douyin", "wechat_shop", "square"}


@pytest.fixture(scope="module")
async def intake(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    output: Path = tmp_path_factory.mktemp("intake") / "output"
    secrets = {f"{channel}/{SHOP}": [secret] for channel, secret in PUSH_SECRETS.items()}
    environment = {
        "DATABASE_URL": database_url,
        "AMQP_URL": "amqp://guest:guest@127.0.0.1:1/",
        "WEBHOOK_SECRETS": json.dumps(secrets),
    }
    async with api_process(output, environment) as process:
        yield process


@pytest.mark.parametrize("channel", CHANNELS)
async def test_pushes_are_taken_whatever_happens_to_them_on_the_way(
    world: World, intake: ServiceProcess, channel: str
) -> None:
    async with simulated(f"http://127.0.0.1:{intake.port}") as simulator:
        sales = await simulator.sell(12, channel, repeated=0.5, reordered=0.3)
        counts = (await simulator.client.get("/control")).json()["counts"]
    assert counts["taken"] == counts["sent"]
    if channel in THIN:
        named = await world.rows(select(fetch))
        assert {row.channel_order_no for row in named} == numbers(sales, channel)
    else:
        orders = await world.orders()
        assert {order.channel_order_no for order in orders} == numbers(sales, channel)
        assert {order.state for order in orders} == {"received"}
