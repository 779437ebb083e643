"""JD: the router of JOS with its misspelt names, and whole orders pushed as an adapter does."""

import json
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
from simulator.sale import Sale
from simulator.signing import router_md5, same

_NEVER = "0001-01-01 00:00:00"


class Jd:
    name = "jd"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        body = packed({"orderInfo": _order(sale)})
        query = {
            "app_key": API_KEY,
            "method": "trade",
            "message_id": str(number),
            "timestamp": beijing(now()),
        }
        query["sign"] = router_md5(query, self._parts.push_secret, body.decode())
        return Push(body, {"Content-Type": "application/json"}, query)

    def routes(self) -> list[Route]:
        return [Route("POST", "/routerjson", self._answer)]

    def throttled(self) -> web.Response:
        return web.Response(status=429)

    async def _answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not same(form.get("sign", ""), router_md5(form, self._parts.api_secret)):
            return answered({"error_response": {"code": "12", "zh_desc": "refused"}})
        told = json.loads(form["360buy_param_json"])
        if form.get("method") == "jingdong.pop.order.get":
            return self._one(told)
        return self._list(told)

    def _one(self, told: Mapping[str, str]) -> web.Response:
        sale = self._parts.shop.find(self.name, told["order_id"])
        found: dict[str, Any] = {"apiResult": _result("ORDER_NOT_EXIST" if sale is None else "")}
        if sale is not None:
            found["orderInfo"] = _order(sale)
        return answered({"jingdong_pop_order_get_responce": {"orderDetailInfo": found}})

    def _list(self, told: Mapping[str, str]) -> web.Response:
        span = (from_beijing(told["start_date"]), from_beijing(told["end_date"]))
        found = list(reversed(self._parts.shop.changed(self.name, *span)))
        size, page = int(told["page_size"]), int(told["page"])
        answer = {
            "apiResult": _result(""),
            "orderTotal": len(found),
            "orderInfoList": [_order(sale) for sale in found[(page - 1) * size : page * size]],
        }
        return answered({"jingdong_pop_order_search_responce": {"searchorderinfo_result": answer}})


def _result(error: str) -> dict[str, Any]:
    return {"success": not error, "englishErrCode": error or None}


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    return {
        "orderId": sale.number,
        "orderType": "22",
        "orderState": "WAIT_SELLER_STOCK_OUT",
        "orderTotalPrice": yuan(sale.goods_minor),
        "orderPayment": yuan(sale.payable_minor),
        "balanceUsed": "0.00",
        "freightPrice": yuan(sale.freight_minor),
        "orderStartTime": beijing(sale.sold_at),
        "modified": beijing(sale.changed_at),
        "paymentConfirmTime": beijing(sale.paid_at) or _NEVER,
        "consigneeInfo": {
            "fullname": receiver.name,
            "mobile": receiver.phone.removeprefix("+86"),
            "province": receiver.province,
            "city": receiver.city,
            "county": receiver.district,
            "fullAddress": receiver.detail,
        },
        "itemInfoList": [
            {
                "outerSkuId": line.sku,
                "skuName": line.title,
                "itemTotal": str(line.quantity),
                "jdPrice": yuan(line.unit_price_minor),
            }
            for line in sale.lines
        ],
    }
