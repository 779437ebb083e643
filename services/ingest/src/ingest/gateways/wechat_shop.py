"""WeChat Shop: JSON calls with an access token that is made from the app's secret."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Away, Listed, Page, Refused, Throttled, TokenRefused
from ingest.gateways.configuration import WechatShopApi
from ingest.gateways.reading import part
from ingest.gateways.tokens import Token, call_with

PAGE_SIZE = 100
_BUSY = -1
_TOKEN_REFUSED = {40001, 40014, 42001}
_THROTTLED = {45009, 45011}
_NOT_THERE = {10020050, 268485216}

T = TypeVar("T")


class WechatShop:
    topic = "order"
    window_max = timedelta(days=7)
    settled_after = timedelta(minutes=1)

    def __init__(self, api: WechatShopApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling
        self._token = Token(self._new_token)

    async def order(self, number: str) -> bytes | None:
        def read(heard: Heard) -> bytes | None:
            document = ok(heard).document()
            if document.get("errcode") in _NOT_THERE:
                return None
            _require_success(document)
            part(document, "order")
            return heard.body

        return await self._asked("/channels/ec/order/get", {"order_id": number}, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        # Both ends count in, and the list does not say when an order changed.
        span = {"start_time": int(since.timestamp()), "end_time": int(until.timestamp()) - 1}
        body = {"update_time_range": span, "page_size": PAGE_SIZE, "next_key": page or ""}

        def read(heard: Heard) -> Page:
            document = ok(heard).document()
            _require_success(document)
            listed = tuple(Listed(str(number)) for number in document.get("order_id_list") or ())
            following = document.get("next_key") if document.get("has_more") else None
            return Page(listed, str(following) if following else None)

        return await self._asked("/channels/ec/order/list/get", body, read)

    async def _asked(self, path: str, body: Mapping[str, Any], read: Callable[[Heard], T]) -> T:
        def make(token: str) -> Request:
            return Request(url=self._url(path), query={"access_token": token}, body=compact(body))

        return await call_with(self._token, self._calling, make, read)

    async def _new_token(self) -> tuple[str, float]:
        async def request() -> Request:
            given = {
                "grant_type": "client_credential",
                "appid": self._api.app_id,
                "secret": self._api.secret.get_secret_value(),
            }
            return Request(url=self._url("/cgi-bin/stable_token"), body=compact(given))

        def read(heard: Heard) -> tuple[str, float]:
            document = ok(heard).document()
            _require_success(document)
            return str(document.get("access_token")), float(document.get("expires_in") or 0)

        return await self._calling.call(request, read)

    def _url(self, path: str) -> str:
        return f"{str(self._api.url).rstrip('/')}{path}"


def _require_success(document: dict[str, Any]) -> None:
    code = document.get("errcode") or 0
    if code in _TOKEN_REFUSED:
        raise TokenRefused(f"errcode_{code}")
    if code in _THROTTLED:
        raise Throttled(f"errcode_{code}")
    if code == _BUSY:
        raise Away(f"errcode_{code}")
    if code:
        raise Refused(f"errcode_{code}")
