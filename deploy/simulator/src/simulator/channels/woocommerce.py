"""WooCommerce: whole orders by webhook, and REST v3 with numbered pages."""

import base64
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from simulator.channels.channel import API_KEY, Parts, Push, Route, answered, packed, too_many, yuan
from simulator.channels.webhooks import Webhooks
from simulator.sale import Line, Sale
from simulator.signing import base64_hmac, same

_REFUSED = {"code": "woocommerce_rest_cannot_view", "message": "refused"}


class WooCommerce:
    name = "woocommerce"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.webhooks = Webhooks()

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        body = packed(_order(sale))
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Signature": base64_hmac(body, self._parts.push_secret),
            "X-WC-Webhook-Topic": "order.updated" if sale.paid_at else "order.created",
            "X-WC-Webhook-Delivery-ID": f"simulated-{number}",
        }
        return Push(body, headers)

    def routes(self) -> list[Route]:
        root = "/wp-json/wc/v3"
        return [
            Route("GET", f"{root}/orders", self._list),
            Route("GET", f"{root}/orders/{{number}}", self._one),
            Route("GET", f"{root}/webhooks", self._webhooks),
            Route("POST", f"{root}/webhooks", self._subscribe),
            Route("PUT", f"{root}/webhooks/{{number}}", self._resume),
        ]

    def throttled(self) -> web.Response:
        return too_many()

    def _is_authentic(self, request: web.Request) -> bool:
        pair = f"{API_KEY}:{self._parts.api_secret}".encode()
        given = request.headers.get("Authorization", "")
        return same(given, f"Basic {base64.b64encode(pair).decode()}")

    async def _one(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered(_REFUSED, 401)
        sale = self._parts.shop.find(self.name, request.match_info["number"])
        if sale is None:
            return answered({"code": "woocommerce_rest_shop_order_invalid_id"}, 404)
        return answered(_order(sale))

    async def _list(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered(_REFUSED, 401)
        query = request.query
        if "search" in query:
            sale = self._parts.shop.find(self.name, query["search"])
            return answered([_order(sale)] if sale else [])
        since, until = _moment(query["modified_after"]), _moment(query["modified_before"])
        changed = self._parts.shop.changed(self.name, since, until)
        found = [sale for sale in changed if since < sale.changed_at < until]
        size, page = int(query["per_page"]), int(query["page"])
        answer = answered([_order(sale) for sale in found[(page - 1) * size : page * size]])
        answer.headers["X-WP-Total"] = str(len(found))
        answer.headers["X-WP-TotalPages"] = str(-(-len(found) // size))
        return answer

    async def _webhooks(self, request: web.Request) -> web.Response:
        return answered(self.webhooks.all() if self._is_authentic(request) else _REFUSED)

    async def _subscribe(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered(_REFUSED, 401)
        return answered(self.webhooks.add({"status": "active", **await request.json()}), 201)

    async def _resume(self, request: web.Request) -> web.Response:
        if not self._is_authentic(request):
            return answered(_REFUSED, 401)
        number = int(request.match_info["number"])
        changed = self.webhooks.change(number, await request.json())
        return answered(changed or _REFUSED, 200 if changed else 404)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _gmt(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment else None


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    first, _, last = receiver.name.partition(" ")
    dearest = max(sale.lines, key=lambda line: line.total_minor)
    return {
        "id": int(sale.number),
        "number": sale.number,
        "status": "processing" if sale.paid_at else "pending",
        "currency": sale.currency,
        "date_created_gmt": _gmt(sale.sold_at),
        "date_modified_gmt": _gmt(sale.changed_at),
        "date_paid_gmt": _gmt(sale.paid_at),
        "payment_method": "simulated",
        "transaction_id": f"T{sale.number}" if sale.paid_at else "",
        "order_key": f"wc_{sale.number}",
        "customer_id": 0,
        "total": yuan(sale.payable_minor),
        "total_tax": "0.00",
        "shipping_total": yuan(sale.freight_minor),
        "billing": {"email": "buyer@example.com", "phone": receiver.phone},
        "shipping": {
            "first_name": first,
            "last_name": last,
            "phone": receiver.phone,
            "address_1": receiver.detail,
            "address_2": "",
            "city": receiver.city,
            "state": receiver.province,
            "postcode": receiver.postcode,
            "country": receiver.country,
        },
        "line_items": [
            _item(line, sale.discount_minor if line is dearest else 0) for line in sale.lines
        ],
    }


def _item(line: Line, discount_minor: int) -> dict[str, Any]:
    after = line.total_minor - discount_minor
    return {
        "sku": line.sku,
        "name": line.title,
        "quantity": line.quantity,
        "subtotal": yuan(line.total_minor),
        "total": yuan(after),
        "price": after / line.quantity / 100,
    }
