"""Sales channels to ask and to be called by: the simulator, as a server of its own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiohttp import web

from ingest.gateways.calling import Patience
from ingest.gateways.configuration import configured
from ingest.gateways.registry import ChannelApis
from simulator.server import application
from simulator.settings import CHANNELS
from simulator.settings import Settings as SimulatorSettings
from support.waiting import until

SHOP = "demo"
API_SECRET = "of every simulated API"
ENCODING_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PUSH_SECRETS = {channel: f"pushed by {channel}" for channel in CHANNELS} | {
    "wechat_shop": f"token:{ENCODING_KEY}:wx0123456789"
}
SOON = Patience(tries=3, first_seconds=0.01, last_seconds=0.02)
NOBODY = "http://127.0.0.1:1"


@dataclass
class Simulated:
    url: str
    client: httpx.AsyncClient

    async def sell(self, orders: int, *channels: str, **faults: float) -> list[dict[str, Any]]:
        """Sell orders and wait until all pushes are gone; return what was sold altogether."""
        (await self.client.put("/control/faults", json=faults)).raise_for_status()
        wanted = {"orders": orders, "channels": channels or CHANNELS, "per_second": 1000}
        (await self.client.post("/control/sell", json=wanted)).raise_for_status()

        async def done() -> bool:
            return bool((await self.client.get("/control")).json()["idle"])

        await until(done)
        return await self.sales()

    async def sell_unseen(self, orders: int, *channels: str) -> list[dict[str, Any]]:
        """Sell orders that nobody is told of."""
        return await self.sell(orders, *channels, dropped=1)

    async def sales(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = await self.client.get("/control/sales", params={"after": len(found)})
            found += answer.json()["sales"]
            if len(found) == answer.json()["total"]:
                return found

    async def fault(self, **faults: float) -> None:
        (await self.client.put("/control/faults", json=faults)).raise_for_status()

    def settings(self, *channels: str, secret: str = API_SECRET) -> dict[str, dict[str, Any]]:
        """Return what CHANNEL_APIS has to say."""
        own = _own_settings(self.url, secret)
        return {f"{channel}/{SHOP}": own[channel] for channel in channels or CHANNELS}

    def apis(self, *channels: str, secret: str = API_SECRET) -> ChannelApis:
        return ChannelApis.of(configured(self.settings(*channels, secret=secret)), SOON)


@asynccontextmanager
async def simulated(ingest_url: str = NOBODY) -> AsyncGenerator[Simulated]:
    settings = SimulatorSettings(
        ingest_url=ingest_url, api_secret=API_SECRET, push_secrets=PUSH_SECRETS
    )
    runner = web.AppRunner(application(settings), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            yield Simulated(url, client)
    finally:
        await runner.cleanup()


def _own_settings(url: str, secret: str) -> Mapping[str, dict[str, Any]]:
    router = {"app_key": "simulated", "secret": secret}
    own: dict[str, dict[str, Any]] = {
        "taobao": router | {"url": f"{url}/taobao/router/rest", "session": "s"},
        "jd": router | {"url": f"{url}/jd/routerjson", "access_token": "t"},
        "pdd": router | {"url": f"{url}/pdd/api/router", "access_token": "t"},
        "douyin": router | {"url": f"{url}/douyin", "shop_id": "1"},
        "wechat_shop": {"url": f"{url}/wechat_shop", "app_id": "wx0123456789", "secret": secret},
        "shopify": {"url": f"{url}/shopify", "access_token": secret},
        "woocommerce": {
            "url": f"{url}/woocommerce",
            "consumer_key": "simulated",
            "consumer_secret": secret,
        },
        "square": {"url": f"{url}/square", "access_token": secret, "location_ids": ["L1"]},
    }
    return {channel: one | {"calls_per_second": 1000} for channel, one in own.items()}


def numbers(sales: Sequence[Mapping[str, Any]], channel: str) -> set[str]:
    return {sale["number"] for sale in sales if sale["channel"] == channel}
