"""Pinduoduo: one router, money as JSON numbers in yuan, orders pushed as an adapter pushes them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from simulator.channels.channel import (
    API_KEY,
    Parts,
    Push,
    Route,
    answered,
    beijing,
    from_seconds,
    now,
    packed,
)
from simulator.sale import Sale
from simulator.signing import router_md5, same


class Pdd:
    name = "pdd"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        body = packed({"order_info": _order(sale)})
        query = {
            "app_key": API_KEY,
            "method": "order",
            "message_id": str(number),
            "timestamp": str(int(now().timestamp())),
        }
        query["sign"] = router_md5(query, self._parts.push_secret, body.decode())
        return Push(body, {"Content-Type": "application/json"}, query)

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/router", self._answer)]

    def throttled(self) -> web.Response:
        return _refusal(52101)

    async def _answer(self, request: web.Request) -> web.Response:
        told = {name: str(value) for name, value in (await request.json()).items()}
        if not same(told.get("sign", ""), router_md5(told, self._parts.api_secret)):
            return _refusal(20004)
        match told.get("type"):
            case "pdd.order.information.get":
                sale = self._parts.shop.find(self.name, told["order_sn"])
                if sale is None:
                    return _refusal(50001)
                return answered({"order_info_get_response": {"order_info": _order(sale)}})
            case "pdd.order.number.list.increment.get":
                return self._list(told)
            case _:
                return _refusal(10001)

    def _list(self, told: Mapping[str, str]) -> web.Response:
        span = (from_seconds(told["start_updated_at"]), from_seconds(told["end_updated_at"]))
        if (span[1] - span[0]).total_seconds() > 1800:  # noqa: PLR2004 - its limit
            return _refusal(50000)
        found = list(reversed(self._parts.shop.changed(self.name, *span)))
        size, page = int(told["page_size"]), int(told["page"])
        shown = [
            {"order_sn": sale.number, "updated_at": beijing(sale.changed_at)}
            for sale in found[(page - 1) * size : page * size]
        ]
        answer = {"total_count": len(found), "order_sn_list": shown}
        return answered({"order_sn_increment_get_response": answer})


def _refusal(code: int) -> web.Response:
    return answered({"error_response": {"error_code": code, "error_msg": "refused"}})


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    return {
        "order_sn": sale.number,
        "order_status": 1,
        "refund_status": 1,
        "risk_control_status": 0,
        "created_time": beijing(sale.sold_at),
        "updated_at": beijing(sale.changed_at),
        "confirm_time": beijing(sale.paid_at) or None,
        "pay_time": beijing(sale.paid_at) or None,
        "pay_no": f"P{sale.number}" if sale.paid_at else None,
        "goods_amount": sale.goods_minor / 100,
        "discount_amount": sale.discount_minor / 100,
        "postage": sale.freight_minor / 100,
        "pay_amount": sale.payable_minor / 100,
        "receiver_name": receiver.name,
        "receiver_phone": receiver.phone.removeprefix("+86"),
        "province": receiver.province,
        "city": receiver.city,
        "town": receiver.district,
        "receiver_address": receiver.detail,
        "item_list": [
            {
                "outer_id": line.sku,
                "goods_name": line.title,
                "goods_count": line.quantity,
                "goods_price": line.unit_price_minor / 100,
            }
            for line in sale.lines
        ],
    }
