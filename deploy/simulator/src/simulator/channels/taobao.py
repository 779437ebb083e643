"""Taobao: TOP's router, and whole trades pushed as an adapter pushes them (Qimen's signature)."""

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
    from_beijing,
    now,
    packed,
    yuan,
)
from simulator.sale import Line, Sale
from simulator.signing import router_md5, same


class Taobao:
    name = "taobao"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        body = packed({"trade": _trade(sale)})
        query = {
            "app_key": API_KEY,
            "method": "trade",
            "message_id": str(number),
            "sign_method": "md5",
            "timestamp": beijing(now()),
        }
        query["sign"] = router_md5(query, self._parts.push_secret, body.decode())
        return Push(body, {"Content-Type": "application/json"}, query)

    def routes(self) -> list[Route]:
        return [Route("POST", "/router/rest", self._answer)]

    def throttled(self) -> web.Response:
        return _refusal("7", "accesscontrol.limited-by-api-access-count")

    async def _answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not same(form.get("sign", ""), router_md5(form, self._parts.api_secret)):
            return _refusal("25", "isv.invalid-signature")
        match form.get("method"):
            case "taobao.trade.fullinfo.get":
                sale = self._parts.shop.find(self.name, form["tid"])
                if sale is None:
                    return _refusal("15", "isv.trade-not-exist")
                return answered({"trade_fullinfo_get_response": {"trade": _trade(sale)}})
            case "taobao.trades.sold.increment.get":
                return answered({"trades_sold_increment_get_response": self._list(form)})
            case _:
                return _refusal("22", "isv.invalid-method")

    def _list(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The newest change first, a part of each trade only."""
        span = (from_beijing(form["start_modified"]), from_beijing(form["end_modified"]))
        found = list(reversed(self._parts.shop.changed(self.name, *span)))
        size, page = int(form["page_size"]), int(form["page_no"])
        shown = found[(page - 1) * size : page * size]
        trades = [
            {"tid": int(s.number), "tid_str": s.number, "modified": beijing(s.changed_at)}
            for s in shown
        ]
        return {"total_results": len(found), "trades": {"trade": trades}}


def _refusal(code: str, sub_code: str) -> web.Response:
    error = {"code": int(code), "msg": "refused", "sub_code": sub_code}
    return answered({"error_response": error})


def _trade(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    orders = [
        _order(line, sale.discount_minor if place == 0 else 0)
        for place, line in enumerate(sorted(sale.lines, key=lambda one: -one.total_minor))
    ]
    return {
        "tid": int(sale.number),
        "tid_str": sale.number,
        "status": "WAIT_SELLER_SEND_GOODS" if sale.paid_at else "WAIT_BUYER_PAY",
        "created": beijing(sale.sold_at),
        "modified": beijing(sale.changed_at),
        "pay_time": beijing(sale.paid_at) or None,
        "alipay_no": f"A{sale.number}" if sale.paid_at else None,
        "payment": yuan(sale.payable_minor),
        "post_fee": yuan(sale.freight_minor),
        "buyer_open_uid": f"uid{sale.number[-6:]}",
        "receiver_name": receiver.name,
        "receiver_mobile": receiver.phone.removeprefix("+86"),
        "receiver_state": receiver.province,
        "receiver_city": receiver.city,
        "receiver_district": receiver.district,
        "receiver_address": receiver.detail,
        "receiver_zip": receiver.postcode,
        "orders": {"order": orders},
    }


def _order(line: Line, discount_minor: int) -> dict[str, Any]:
    paid = yuan(line.total_minor - discount_minor)
    return {
        "outer_sku_id": line.sku,
        "title": line.title,
        "num": line.quantity,
        "price": yuan(line.unit_price_minor),
        "payment": paid,
        "divide_order_fee": paid,
    }
