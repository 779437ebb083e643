"""How a person or a test works the simulator: sell, break, look. For this machine only."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator.channels.channel import answered
from simulator.faults import BadFaults, Faults
from simulator.pushing import Pusher, Selling
from simulator.target import NoTarget

ORDERS_MAX = 100_000
SALES_AT_ONCE = 1_000
WITH_WEBHOOKS = ("shopify", "woocommerce")


class Control:
    def __init__(self, pusher_of: Callable[[], Pusher]) -> None:
        self._pusher_of = pusher_of

    @property
    def _pusher(self) -> Pusher:
        return self._pusher_of()

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/control", self._state)
        app.router.add_post("/control/sell", self._sell)
        app.router.add_put("/control/faults", self._faults)
        app.router.add_get("/control/sales", self._sales)
        app.router.add_delete("/control/webhooks/{channel}", self._lose)

    async def _state(self, request: web.Request) -> web.Response:
        del request
        pusher = self._pusher
        counts = dict(sorted(pusher.counts.items()))
        faults = pusher.faults.document()
        return answered({"idle": pusher.is_idle, "counts": counts, "faults": faults})

    async def _sell(self, request: web.Request) -> web.Response:
        """Begin to sell: {"orders": 100, "channels": ["pdd"], "per_second": 20}."""
        pusher = self._pusher
        if pusher.selling:
            return _problem(409, "It is selling already.")
        told = await _read(request)
        orders, rate = told.get("orders"), told.get("per_second", 20)
        channels = told.get("channels", sorted(pusher.channels))
        if not _is_number(orders, ORDERS_MAX) or not isinstance(orders, int):
            return _problem(422, f"orders: a whole number from 1 to {ORDERS_MAX}")
        if not _is_number(rate, 10_000):
            return _problem(422, "per_second: a number up to 10000")
        if not _are_known(channels, pusher):
            return _problem(422, f"channels: some of {', '.join(sorted(pusher.channels))}")
        try:
            pusher.target.url(channels[0])
        except NoTarget as error:
            return _problem(503, str(error))
        pusher.selling = True
        pusher.tasks.start(pusher.sell(Selling(orders, channels, float(rate))))
        return answered({"selling": orders}, 202)

    async def _faults(self, request: web.Request) -> web.Response:
        try:
            self._pusher.faults = Faults.read(await _read(request))
        except BadFaults as error:
            return _problem(422, str(error))
        return answered(self._pusher.faults.document())

    async def _sales(self, request: web.Request) -> web.Response:
        """What was sold, in pages; `after` is how many are passed over."""
        text = request.query.get("after", "0")
        after = int(text) if text.isascii() and text.isdecimal() else 0
        sales = [sale.facts() for sale in self._pusher.shop.all()]
        shown = sales[after : after + SALES_AT_ONCE]
        return answered({"sales": shown, "total": len(sales)})

    async def _lose(self, request: web.Request) -> web.Response:
        """Have a channel forget the webhooks it was to call."""
        channel = self._pusher.channels.get(request.match_info["channel"])
        webhooks = getattr(channel, "webhooks", None)
        if webhooks is None:
            return _problem(404, f"Only {' and '.join(WITH_WEBHOOKS)} can lose webhooks.")
        webhooks.lose()
        return web.Response(status=204)


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        told = json.loads(await request.text() or "{}")
    except ValueError:
        raise web.HTTPBadRequest(text="The body is no JSON.") from None
    if not isinstance(told, dict):
        raise web.HTTPBadRequest(text="The body is no JSON object.")
    return told


def _is_number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


def _are_known(channels: Any, pusher: Pusher) -> bool:
    return (
        isinstance(channels, list)
        and bool(channels)
        and all(isinstance(one, str) and one in pusher.channels for one in channels)
    )


def _problem(status: int, detail: str) -> web.Response:
    return answered({"status": status, "detail": detail}, status)
