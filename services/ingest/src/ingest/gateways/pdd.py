"""Pinduoduo: one router; calls signed like Taobao's.

The list of changes may cover half an hour that ended three minutes ago, and is read from its last
page (open.pinduoduo.com, pdd.order.number.list.increment.get).
"""

from datetime import datetime, timedelta
from typing import Any

from common.clock import utc_now
from ingest.channels.signing import router
from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Listed, Page, Refused, Throttled
from ingest.gateways.configuration import PddApi
from ingest.gateways.reading import from_beijing, items, next_from_the_back, part

PAGE_SIZE = 100
_EVERY = "5"
_THROTTLED = {"52101", "70031"}
_NOT_THERE = {"50001", "50002"}
"""Business errors; of an order asked for by number: there is none that we may see."""


class Pdd:
    topic = "order"
    window_max = timedelta(minutes=30)
    settled_after = timedelta(minutes=3)

    def __init__(self, api: PddApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        async def request() -> Request:
            return self._request("pdd.order.information.get", order_sn=number)

        def read(heard: Heard) -> bytes | None:
            document = ok(heard).document()
            code = _error(document)
            if code in _NOT_THERE:
                return None
            if code is not None:
                raise Refused(code)
            part(document, "order_info_get_response", "order_info")
            return heard.body

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        async def request() -> Request:
            return self._request(
                "pdd.order.number.list.increment.get",
                is_lucky_flag="0",
                order_status=_EVERY,
                refund_status=_EVERY,
                start_updated_at=str(int(since.timestamp())),
                end_updated_at=str(int(until.timestamp())),
                page=page or "1",
                page_size=str(PAGE_SIZE),
            )

        return await self._calling.call(request, lambda heard: _page(heard, page))

    def _request(self, kind: str, **parameters: str) -> Request:
        signed = {
            "type": kind,
            "client_id": self._api.app_key,
            "access_token": self._api.access_token.get_secret_value(),
            "timestamp": str(int(utc_now().timestamp())),
            "data_type": "JSON",
            **parameters,
        }
        signed["sign"] = router(signed, "md5")(self._api.secret.get_secret_value())
        return Request(url=str(self._api.url), body=compact(signed))


def _page(heard: Heard, page: str | None) -> Page:
    document = ok(heard).document()
    if (code := _error(document)) is not None:
        raise Refused(code)
    answer = part(document, "order_sn_increment_get_response")
    total = int(answer.get("total_count") or 0)
    following = next_from_the_back(total, PAGE_SIZE, page)
    if page is None and following is not None:
        return Page((), following)
    return Page(tuple(_listed(one) for one in items(answer.get("order_sn_list"))), following)


def _listed(order: dict[str, Any]) -> Listed:
    return Listed(str(order.get("order_sn")), from_beijing(order.get("updated_at")))


def _error(document: dict[str, Any]) -> str | None:
    error = document.get("error_response")
    if not isinstance(error, dict):
        return None
    code = str(error.get("error_code", ""))
    if code in _THROTTLED or str(error.get("sub_code", "")) in _THROTTLED:
        raise Throttled(code)
    return code or "error"
