"""The simulator as one HTTP server: each channel below its name, and the control beside them."""

from collections.abc import AsyncIterator, Mapping
from random import Random

import aiohttp
from aiohttp import web

from simulator.channels.channel import Channel, Handler, Parts
from simulator.channels.douyin import Douyin
from simulator.channels.jd import Jd
from simulator.channels.pdd import Pdd
from simulator.channels.shopify import Shopify
from simulator.channels.square import Square
from simulator.channels.taobao import Taobao
from simulator.channels.wechat_shop import WechatShop
from simulator.channels.woocommerce import WooCommerce
from simulator.control import Control
from simulator.faults import Luck
from simulator.pushing import Pusher
from simulator.settings import Settings
from simulator.shop import Shop
from simulator.target import Target
from simulator.tasks import Tasks

PUSH_SECONDS_MAX = 10.0
BODY_BYTES_MAX = 1024 * 1024
_KINDS = (Taobao, Jd, Pdd, Douyin, WechatShop, Shopify, WooCommerce, Square)
PUSHER = web.AppKey("pusher", Pusher)


def application(settings: Settings) -> web.Application:
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    shop = Shop()
    channels = _channels(settings, shop)
    luck = Luck(Random(settings.seed + 2))

    async def living(app: web.Application) -> AsyncIterator[None]:
        limit = aiohttp.ClientTimeout(total=PUSH_SECONDS_MAX)
        target = Target(settings.ingest_url, settings.env_file)
        async with aiohttp.ClientSession(timeout=limit) as http:
            tasks = Tasks()
            pusher = Pusher(channels, shop, target, http, tasks, settings.seed)
            app[PUSHER] = pusher
            yield
            await tasks.end()

    app.cleanup_ctx.append(living)
    _mount(app, channels, luck)
    Control(lambda: app[PUSHER]).add_to(app)
    app.router.add_get("/readyz", _ready)
    return app


async def _ready(request: web.Request) -> web.Response:
    del request
    return web.Response(text="ok")


def _channels(settings: Settings, shop: Shop) -> Mapping[str, Channel]:
    made: list[Channel] = []
    for kind in _KINDS:
        secret = settings.push_secrets.get(kind.name, "")
        made.append(kind(Parts(shop, secret, settings.api_secret)))
    return {channel.name: channel for channel in made}


def _mount(app: web.Application, channels: Mapping[str, Channel], luck: Luck) -> None:
    for name, channel in channels.items():
        for route in channel.routes():
            handler = _with_faults(channel, route.handle, luck)
            app.router.add_route(route.method, f"/{name}{route.path}", handler)


def _with_faults(channel: Channel, handle: Handler, luck: Luck) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        faults = request.app[PUSHER].faults
        if luck.hits(faults.failing):
            return web.Response(status=502)
        if luck.hits(faults.throttled):
            return channel.throttled()
        try:
            return await handle(request)
        except (KeyError, ValueError):
            return web.Response(status=400, text="A parameter is missing or wrong.")

    return answer
