"""Taobao and Tmall: the router of TOP (open.taobao.com, API call format).

The list holds no receiver, so that every trade is asked for by its number. It has the newest
change first and is therefore read from its last page.
"""

from datetime import datetime, timedelta
from typing import Any

from common.clock import utc_now
from ingest.channels.signing import router
from ingest.gateways.calling import Calling, Heard, Request, ok
from ingest.gateways.channel_api import Away, Listed, Page, Refused, Throttled
from ingest.gateways.configuration import TaobaoApi
from ingest.gateways.reading import beijing, from_beijing, items, next_from_the_back, part

PAGE_SIZE = 100
_CALLS_LIMITED = "7"
_NOT_THERE = "isv.trade-not-exist"
_FIELDS = (
    "tid,tid_str,status,type,shipping_type,step_trade_status,payment,total_fee,discount_fee,"
    "adjust_fee,post_fee,point_fee,coupon_fee,tmall_coupon_fee,order_tax_fee,buyer_cod_fee,"
    "service_orders,created,modified,pay_time,alipay_no,buyer_nick,buyer_open_uid,buyer_message,"
    "trade_attr,oaid,receiver_name,receiver_mobile,receiver_phone,receiver_state,receiver_city,"
    "receiver_district,receiver_town,receiver_address,receiver_zip,orders"
)


class Taobao:
    topic = "trade"
    window_max = timedelta(minutes=30)
    """A day is allowed; up to half an hour is answered fast."""
    settled_after = timedelta(minutes=1)

    def __init__(self, api: TaobaoApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        async def request() -> Request:
            return self._request("taobao.trade.fullinfo.get", tid=number, fields=_FIELDS)

        def read(heard: Heard) -> bytes | None:
            document = ok(heard).document()
            if _error(document) == _NOT_THERE:
                return None
            part(document, "trade_fullinfo_get_response", "trade")
            return heard.body

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        async def request() -> Request:
            return self._request(
                "taobao.trades.sold.increment.get",
                fields="tid,tid_str,modified",
                start_modified=beijing(since),
                end_modified=beijing(until),
                page_no=page or "1",
                page_size=str(PAGE_SIZE),
            )

        return await self._calling.call(request, lambda heard: _page(heard, page))

    def _request(self, method: str, **parameters: str) -> Request:
        form = {
            "method": method,
            "app_key": self._api.app_key,
            "session": self._api.session.get_secret_value(),
            "timestamp": beijing(utc_now()),
            "format": "json",
            "v": "2.0",
            "sign_method": "md5",
            **parameters,
        }
        form["sign"] = router(form, "md5")(self._api.secret.get_secret_value())
        return Request(url=str(self._api.url), form=form)


def _page(heard: Heard, page: str | None) -> Page:
    document = ok(heard).document()
    if (code := _error(document)) is not None:
        raise Refused(code)
    answer = part(document, "trades_sold_increment_get_response")
    total = int(answer.get("total_results") or 0)
    following = next_from_the_back(total, PAGE_SIZE, page)
    if page is None and following is not None:
        return Page((), following)
    trades = answer.get("trades")
    found = items(trades.get("trade")) if isinstance(trades, dict) else []
    return Page(tuple(_listed(trade) for trade in found), following)


def _listed(trade: dict[str, Any]) -> Listed:
    return Listed(
        str(trade.get("tid_str") or trade.get("tid")), from_beijing(trade.get("modified"))
    )


def _error(document: dict[str, Any]) -> str | None:
    """Return the code of a refusal, or raise one that passes."""
    error = document.get("error_response")
    if not isinstance(error, dict):
        return None
    code, sub_code = str(error.get("code", "")), str(error.get("sub_code", ""))
    if code == _CALLS_LIMITED or sub_code.startswith("accesscontrol.limited"):
        raise Throttled(sub_code or code)
    if sub_code.startswith("isp."):  # TOP's word for trouble on its own side
        raise Away(sub_code)
    return sub_code or code or "error"
