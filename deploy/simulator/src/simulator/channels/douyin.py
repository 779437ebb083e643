"""Douyin shop: thin events in an array, tokens, and calls signed by HMAC."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from simulator.channels.channel import API_KEY, Parts, Push, Route, answered, from_seconds, packed
from simulator.sale import Sale
from simulator.signing import md5, same

TOKEN = "simulated-douyin-token"  # noqa: S105 - of a simulated shop
_CREATED, _PAID = "100", "101"


class Douyin:
    name = "douyin"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        event = {
            "tag": _PAID if sale.paid_at else _CREATED,
            "msg_id": f"{number}",
            "data": {"p_id": int(sale.number), "shop_id": 1},
        }
        body = packed([event])
        signature = md5(API_KEY.encode() + body + self._parts.push_secret.encode())
        headers = {"event-sign": signature, "app-id": API_KEY, "Content-Type": "application/json"}
        return Push(body, headers)

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/token/create", self._token),
            Route("POST", "/order/orderDetail", self._one),
            Route("POST", "/order/searchList", self._list),
        ]

    def throttled(self) -> web.Response:
        return _refusal(70000, "isv.app-call-limit-exceeded")

    async def _token(self, request: web.Request) -> web.Response:
        if await self._told(request, needs_token=False) is None:
            return _refusal(30001, "isv.signature-invalid")
        data = {"access_token": TOKEN, "expires_in": 604_800}
        return answered({"code": 10000, "msg": "success", "data": data})

    async def _one(self, request: web.Request) -> web.Response:
        told = await self._told(request)
        if told is None:
            return _refusal(30001, "isv.access-token-expired:1")
        sale = self._parts.shop.find(self.name, str(told["shop_order_id"]))
        if sale is None:
            return _refusal(40004, "isv.parameter-invalid:order-not-exist")
        return answered({"code": 10000, "data": {"shop_order_detail": _order(sale)}})

    async def _list(self, request: web.Request) -> web.Response:
        told = await self._told(request)
        if told is None:
            return _refusal(30001, "isv.access-token-expired:1")
        span = (from_seconds(told["update_time_start"]), from_seconds(told["update_time_end"]))
        found = self._parts.shop.changed(self.name, *span)
        size, page = int(told["size"]), int(told["page"])
        shown = [_order(sale) for sale in found[page * size : (page + 1) * size]]
        data = {"shop_order_list": shown, "total": len(found), "page": page, "size": size}
        return answered({"code": 10000, "data": data})

    async def _told(
        self, request: web.Request, *, needs_token: bool = True
    ) -> Mapping[str, Any] | None:
        """Return what is asked; None where signature or token are wrong."""
        body, query, secret = await request.text(), request.query, self._parts.api_secret
        joined = (
            f"app_key{query.get('app_key')}method{query.get('method')}param_json{body}"
            f"timestamp{query.get('timestamp')}v{query.get('v')}"
        )
        text = f"{secret}{joined}{secret}".encode()
        right = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        if not same(query.get("sign", ""), right):
            return None
        if needs_token and query.get("access_token") != TOKEN:
            return None
        told: Mapping[str, Any] = json.loads(body)
        return told


def _refusal(code: int, sub_code: str) -> web.Response:
    return answered({"code": code, "msg": "refused", "sub_code": sub_code})


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    return {
        "order_id": sale.number,
        "order_status": 2 if sale.paid_at else 1,
        "create_time": int(sale.sold_at.timestamp()),
        "update_time": int(sale.changed_at.timestamp()),
        "pay_time": int(sale.paid_at.timestamp()) if sale.paid_at else 0,
        "channel_payment_no": f"D{sale.number}" if sale.paid_at else "",
        "pay_amount": sale.payable_minor,
        "post_amount": sale.freight_minor,
        "promotion_amount": sale.discount_minor,
        "post_receiver": receiver.name,
        "post_tel": receiver.phone.removeprefix("+86"),
        "post_addr": {
            "province": {"name": receiver.province},
            "city": {"name": receiver.city},
            "town": {"name": receiver.district},
            "detail": receiver.detail,
        },
        "sku_order_list": [
            {
                "code": line.sku,
                "product_name": line.title,
                "item_num": line.quantity,
                "origin_amount": line.unit_price_minor,
            }
            for line in sale.lines
        ],
    }
