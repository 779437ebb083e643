"""WeChat Shop: encrypted thin events, and an API with access tokens."""

import secrets
from typing import Any

from aiohttp import web

from simulator.channels.channel import Parts, Push, Route, answered, from_seconds, now, packed
from simulator.sale import Sale
from simulator.signing import same, wechat_encrypted, wechat_signature

TOKEN = "simulated-wechat-token"  # noqa: S105 - of a simulated shop
_CREATED, _PAID = "channels_ec_order_new", "channels_ec_order_pay"


class WechatShop:
    name = "wechat_shop"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._token, _, rest = parts.push_secret.partition(":")
        self._key, _, self._app_id = rest.partition(":")

    def push(self, sale: Sale, number: int, url: str) -> Push:
        del url
        event = {
            "ToUserName": "gh_simulated",
            "FromUserName": "simulated",
            "CreateTime": number,  # what tells events apart, with the order's number
            "MsgType": "event",
            "Event": _PAID if sale.paid_at else _CREATED,
            "order_info": {"order_id": sale.number},
        }
        sealed = wechat_encrypted(packed(event), self._key, self._app_id)
        time, nonce = str(int(now().timestamp())), secrets.token_hex(8)
        query = {
            "timestamp": time,
            "nonce": nonce,
            "encrypt_type": "aes",
            "signature": wechat_signature(self._token, time, nonce),
            "msg_signature": wechat_signature(self._token, time, nonce, sealed),
        }
        body = packed({"ToUserName": "gh_simulated", "Encrypt": sealed})
        return Push(body, {"Content-Type": "application/json"}, query)

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/cgi-bin/stable_token", self._new_token),
            Route("POST", "/channels/ec/order/get", self._one),
            Route("POST", "/channels/ec/order/list/get", self._list),
        ]

    def throttled(self) -> web.Response:
        return _refusal(45009)

    async def _new_token(self, request: web.Request) -> web.Response:
        told = await request.json()
        if not same(str(told.get("secret")), self._parts.api_secret):
            return _refusal(40125)
        return answered({"access_token": TOKEN, "expires_in": 7200})

    async def _one(self, request: web.Request) -> web.Response:
        if request.query.get("access_token") != TOKEN:
            return _refusal(40001)
        told = await request.json()
        sale = self._parts.shop.find(self.name, str(told["order_id"]))
        if sale is None:
            return _refusal(10020050)
        return answered({"errcode": 0, "errmsg": "ok", "order": _order(sale)})

    async def _list(self, request: web.Request) -> web.Response:
        if request.query.get("access_token") != TOKEN:
            return _refusal(40001)
        told = await request.json()
        span = told["update_time_range"]
        times = (from_seconds(span["start_time"]), from_seconds(span["end_time"]))
        found = self._parts.shop.changed(self.name, *times)
        size, begin = int(told["page_size"]), int(told.get("next_key") or 0)
        end = begin + size
        numbers = [sale.number for sale in found[begin:end]]
        more = end < len(found)
        answer = {"errcode": 0, "order_id_list": numbers, "has_more": more, "next_key": str(end)}
        return answered(answer)


def _refusal(code: int) -> web.Response:
    return answered({"errcode": code, "errmsg": "refused"})


def _order(sale: Sale) -> dict[str, Any]:
    receiver = sale.receiver
    return {
        "order_id": sale.number,
        "status": 20 if sale.paid_at else 10,
        "create_time": int(sale.sold_at.timestamp()),
        "update_time": int(sale.changed_at.timestamp()),
        "openid": f"o{sale.number[-8:]}",
        "order_detail": {
            "pay_info": {
                "pay_time": int(sale.paid_at.timestamp()) if sale.paid_at else 0,
                "transaction_id": f"W{sale.number}" if sale.paid_at else "",
            },
            "price_info": {
                "product_price": sale.goods_minor,
                "order_price": sale.payable_minor,
                "freight": sale.freight_minor,
                "discounted_price": sale.discount_minor,
            },
            "delivery_info": {
                "address_info": {
                    "user_name": receiver.name,
                    "tel_number": receiver.phone.removeprefix("+86"),
                    "province_name": receiver.province,
                    "city_name": receiver.city,
                    "county_name": receiver.district,
                    "detail_info": receiver.detail,
                    "postal_code": receiver.postcode,
                }
            },
            "product_infos": [
                {
                    "sku_code": line.sku,
                    "title": line.title,
                    "sku_cnt": line.quantity,
                    "sale_price": line.unit_price_minor,
                }
                for line in sale.lines
            ],
        },
    }
