"""What a channel sold and did not tell of is found by itself, fetched, and counted as late."""

import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from ingest_material.pulling import Pull, pull_of
from ingest_material.simulating import SHOP, Simulated, numbers, simulated
from ingest_material.world import World, as_
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from ingest.gateways.channel_api import ChannelTrouble, Subscribed
from ingest.gateways.registry import Shop
from ingest.store.pull_tables import completeness
from ingest.store.pull_tables import pull as pull_table
from ingest.store.tables import fetch
from support.waiting import until

PDD = Shop("pdd", SHOP)


@pytest.fixture
async def channels() -> AsyncIterator[Simulated]:
    async with simulated() as simulator:
        yield simulator


@pytest.fixture
def pull(database: AsyncEngine) -> Pull:
    return pull_of(database)


async def until_over(moment: datetime) -> None:
    """Wait until the windows of 5 s that a moment is in, and what settles after it, are over."""

    async def over() -> bool:
        return utc_now() > moment + timedelta(seconds=7)

    await until(over)


class SettledAtOnce:
    """Windows need not wait for a channel whose clock is ours."""

    settled_after = timedelta(0)

    def __init__(self, api: Any) -> None:
        self._api = api

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)


async def test_what_is_missing_is_found_fetched_and_counted(
    world: World, channels: Simulated, pull: Pull
) -> None:
    sales = await channels.sell_unseen(12, "pdd")
    apis = channels.apis("pdd")
    api = SettledAtOnce(apis.by_shop[PDD])
    sold_at = utc_now()
    await until_over(sold_at)
    assert await pull.completeness.check(PDD, api) == 12
    hours = await world.rows(select(completeness).where(completeness.c.sold > 0))
    assert sum(hour.missing for hour in hours) == 12
    assert sum(hour.received for hour in hours) == 0
    assert {row.missed_in for row in await world.rows(select(fetch))} <= {
        hour.begins_at for hour in hours
    }
    await pull.fetching.some(PDD, api)
    assert {o.channel_order_no for o in await world.orders()} == numbers(sales, "pdd")
    hours = await world.rows(select(completeness).where(completeness.c.sold > 0))
    assert sum(hour.missing for hour in hours) == 0
    assert sum(hour.late for hour in hours) == 12
    assert pull.counted("sluice_orders_late_total", channel="pdd") == 12
    await apis.close()


async def test_what_came_is_not_missing(world: World, channels: Simulated, pull: Pull) -> None:
    await channels.sell_unseen(5, "shopify")
    shop = Shop("shopify", SHOP)
    apis = channels.apis("shopify")
    sold_at = utc_now()
    await pull.polling.read_span(
        shop, apis.by_shop[shop], sold_at - timedelta(minutes=1), sold_at + timedelta(seconds=1)
    )
    await until_over(sold_at)
    assert await pull.completeness.check(shop, SettledAtOnce(apis.by_shop[shop])) == 0
    hours = await world.rows(select(completeness).where(completeness.c.sold > 0))
    assert sum(hour.received for hour in hours) == 5
    assert await world.rows(select(fetch)) == []
    await apis.close()


async def test_every_window_is_checked_once_and_a_failure_passes_none_over(
    world: World, channels: Simulated, pull: Pull
) -> None:
    apis = channels.apis("pdd")
    api = SettledAtOnce(apis.by_shop[PDD])
    await channels.fault(failing=1)
    with pytest.raises(ChannelTrouble):
        await pull.completeness.check(PDD, api)
    assert await world.rows(select(completeness)) == []
    (row,) = await world.rows(select(pull_table))
    assert row.failures == 1
    assert row.lease is None
    await channels.fault()

    async def checked() -> bool:
        await pull.completeness.check(PDD, api)
        return bool(await world.rows(select(completeness)))

    await until(checked)
    begins = sorted(hour.begins_at for hour in await world.rows(select(completeness)))
    assert all(
        after - before == timedelta(seconds=5) for before, after in itertools.pairwise(begins)
    )
    await apis.close()


async def test_the_hours_can_be_read_and_filtered(
    world: World, channels: Simulated, pull: Pull, nobody: httpx.AsyncClient
) -> None:
    await channels.sell_unseen(2, "pdd")
    apis = channels.apis("pdd")
    await until_over(utc_now())
    await pull.completeness.check(PDD, SettledAtOnce(apis.by_shop[PDD]))
    everything = (await world.client.get("/v1/completeness")).json()["hours"]
    assert sum(hour["missing"] for hour in everything) == 2
    assert {hour["channel"] for hour in everything} == {"pdd"}
    newest = everything[0]["begins_at"]
    later = await world.client.get("/v1/completeness", params={"since": newest})
    assert len(later.json()["hours"]) == 1
    others = await world.client.get("/v1/completeness", params={"channel": "jd"})
    assert others.json()["hours"] == []
    assert (await nobody.get("/v1/completeness")).status_code == 401
    strange = await world.client.get("/v1/completeness", headers=as_("stranger"))
    assert strange.status_code == 403
    wrong = await world.client.get("/v1/completeness", params={"since": "2026-01-01"})
    assert wrong.status_code == 422
    await apis.close()


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
@pytest.mark.usefixtures("world")
async def test_a_lost_webhook_is_registered_again(
    channels: Simulated, pull: Pull, channel: str
) -> None:
    shop = Shop(channel, SHOP)
    apis = channels.apis(channel)
    api = apis.by_shop[shop]
    assert isinstance(api, Subscribed)
    await pull.subscribing.look_after(shop, api)
    assert pull.counted("sluice_webhooks_registered_total", channel=channel) == 4
    assert await api.resubscribe("https://orders.example.com/hook", "secret") == []
    (await channels.client.delete(f"/control/webhooks/{channel}")).raise_for_status()
    # Not before it is time to look again.
    await pull.subscribing.look_after(shop, api)
    assert pull.counted("sluice_webhooks_registered_total", channel=channel) == 4
    assert len(await api.resubscribe("https://orders.example.com/hook", "secret")) == 4
    await apis.close()
