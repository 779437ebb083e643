"""Shopify: whole orders by webhook, and the Admin API with its cursors."""

import base64
import json
from datetime import datetime
from typing import Any

from aiohttp import web

from simulator.channels.channel import (
    Parts,
    Push,
    Route,
    answered,
    iso,
    packed,
    too_many,
    yuan,
)
from simulator.channels.webhooks import Webhooks
from simulator.sale import Sale
from simulator.signing import base64_hmac, same


class Shopify:
    name = "shopify"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.webhooks = Webhooks()

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        body = packed(_order(sale))
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Hmac-Sha256": base64_hmac(body, self._parts.push_secret),
            "X-Shopify-Topic": "orders/paid" if sale.paid_at else "orders/create",
            "X-Shopify-Webhook-Id": f"simulated-{number}",
            "X-Shopify-Shop-Domain": "simulated.example",
        }
        return Push(body, headers)

    def routes(self) -> list[Route]:
        root = "/admin/api/{version}"
        return [
            Route("GET", f"{root}/orders.json", self._list),
            Route("GET", f"{root}/orders/{{number}}.json", self._one),
            Route("GET", f"{root}/webhooks.json", self._webhooks),
            Route("POST", f"{root}/webhooks.json", self._subscribe),
        ]

    def throttled(self) -> web.Response:
        return too_many()

    def _is_authentic(self, request: web.Request) -> bool:
        return same(request.headers.get("X-Shopify-Access-Token", ""), self._parts.api_secret)

    async def _one(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": "refused"}, 401)
        sale = self._parts.shop.find(self.name, request.match_info["number"])
        if sale is None:
            return answered({"errors": "Not Found"}, 404)
        return answered({"order": _order(sale)})

    async def _list(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": "refused"}, 401)
        query = dict(request.query)
        cursor = query.get("page_info")
        if cursor:
            try:
                query |= json.loads(base64.urlsafe_b64decode(cursor))
            except ValueError:
                return answered({"errors": "page_info is no longer valid"}, 400)
        span = (_moment(query["updated_at_min"]), _moment(query["updated_at_max"]))
        found = self._parts.shop.changed(self.name, *span)
        begin, size = int(query.get("begin", 0)), int(query["limit"])
        headers = {}
        if begin + size < len(found):
            told = {name: query[name] for name in ("updated_at_min", "updated_at_max")}
            following = _cursor(told | {"begin": begin + size})
            address = request.url.with_query({"limit": str(size), "page_info": following})
            headers["Link"] = f'<{address}>; rel="next"'
        answer = answered({"orders": [_order(sale) for sale in found[begin : begin + size]]})
        answer.headers.update(headers)
        return answer

    async def _webhooks(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": "refused"}, 401)
        return answered({"webhooks": self.webhooks.all()})

    async def _subscribe(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered({"errors": "refused"}, 401)
        made = self.webhooks.add((await request.json())["webhook"])
        return answered({"webhook": made}, 201)


def _cursor(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(packed(told)).decode()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    return {
        "id": int(sale.number),
        "name": f"#{sale.number[-6:]}",
        "created_at": iso(sale.sold_at),
        "updated_at": iso(sale.changed_at),
        "processed_at": iso(sale.paid_at or sale.sold_at),
        "currency": sale.currency,
        "financial_status": "paid" if sale.paid_at else "pending",
        "payment_gateway_names": ["simulated"],
        "taxes_included": False,
        "test": False,
        "total_line_items_price": yuan(sale.goods_minor),
        "total_discounts": yuan(sale.discount_minor),
        "total_tax": "0.00",
        "total_price": yuan(sale.payable_minor),
        "shipping_lines": [{"price": yuan(sale.freight_minor)}],
        "shipping_address": {
            "name": receiver.name,
            "phone": receiver.phone,
            "country_code": receiver.country,
            "province": receiver.province,
            "city": receiver.city,
            "address1": receiver.detail,
            "zip": receiver.postcode,
        },
        "line_items": [
            {
                "sku": line.sku,
                "name": line.title,
                "quantity": line.quantity,
                "price": yuan(line.unit_price_minor),
            }
            for line in sale.lines
        ],
    }
