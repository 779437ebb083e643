"""Douyin shop: calls signed by HMAC over sorted, compact parameters; tokens are good for a week."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from common.clock import utc_now
from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Away, Listed, Page, Refused, Throttled, TokenRefused
from ingest.gateways.configuration import DouyinApi
from ingest.gateways.reading import beijing, from_seconds, items, next_from_the_back, part
from ingest.gateways.tokens import Token, call_with

PAGE_SIZE = 100
_SUCCESS = "10000"
_UNKNOWN_TOKEN = "access-token"  # noqa: S105 - a part of error codes
_PARAMETER_ERROR = "isv.parameter-invalid:order-not-exist"
_FOREVER = 10.0**9

T = TypeVar("T")


class Douyin:
    topic = "order"
    window_max = timedelta(days=1)
    settled_after = timedelta(minutes=1)

    def __init__(self, api: DouyinApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling
        self._token = Token(self._new_token)

    async def order(self, number: str) -> bytes | None:
        def read(heard: Heard) -> bytes | None:
            document = ok(heard).document()
            if str(document.get("sub_code", "")) == _PARAMETER_ERROR:
                return None
            _require_success(document)
            part(document, "data", "shop_order_detail")
            return heard.body

        return await self._asked("order.orderDetail", {"shop_order_id": number}, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        parameters = {
            "update_time_start": int(since.timestamp()),
            "update_time_end": int(until.timestamp()),
            "order_by": "update_time",
            "order_asc": True,
            "page": int(page or "1") - 1,  # theirs begin at 0
            "size": PAGE_SIZE,
        }

        def read(heard: Heard) -> Page:
            document = ok(heard).document()
            _require_success(document)
            answer = part(document, "data")
            following = next_from_the_back(int(answer.get("total") or 0), PAGE_SIZE, page)
            if page is None and following is not None:
                return Page((), following)
            found = items(answer.get("shop_order_list"))
            return Page(tuple(_listed(one) for one in found), following)

        return await self._asked("order.searchList", parameters, read)

    async def _asked(
        self, method: str, parameters: Mapping[str, Any], read: Callable[[Heard], T]
    ) -> T:
        def make(token: str) -> Request:
            return self._request(method, parameters, token)

        return await call_with(self._token, self._calling, make, read)

    async def _new_token(self) -> tuple[str, float]:
        if self._api.access_token is not None:
            return self._api.access_token.get_secret_value(), _FOREVER

        async def request() -> Request:
            given = {"code": "", "grant_type": "authorization_self", "shop_id": self._api.shop_id}
            return self._request("token.create", given, "")

        def read(heard: Heard) -> tuple[str, float]:
            document = ok(heard).document()
            _require_success(document)
            answer = part(document, "data")
            return str(answer.get("access_token")), float(answer.get("expires_in") or 0)

        return await self._calling.call(request, read)

    def _request(self, method: str, parameters: Mapping[str, Any], token: str) -> Request:
        body = compact(dict(sorted(parameters.items())))
        query = {
            "app_key": self._api.app_key,
            "method": method,
            "param_json": body.decode(),
            "timestamp": beijing(utc_now()),
            "v": "2",
        }
        query["sign"] = signature(query, self._api.secret.get_secret_value())
        query |= {"sign_method": "hmac-sha256"} | ({"access_token": token} if token else {})
        del query["param_json"]
        path = method.replace(".", "/")
        return Request(url=f"{str(self._api.url).rstrip('/')}/{path}", query=query, body=body)


def signature(query: Mapping[str, str], secret: str) -> str:
    """Return the HMAC over the five signed parameters, wrapped in the secret that keys it."""
    names = ("app_key", "method", "param_json", "timestamp", "v")
    joined = "".join(f"{name}{query[name]}" for name in names)
    text = f"{secret}{joined}{secret}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def _listed(order: dict[str, Any]) -> Listed:
    number, changed_at = str(order.get("order_id")), from_seconds(order.get("update_time"))
    return Listed(number, changed_at, compact(order))


def _require_success(document: dict[str, Any]) -> None:
    code, sub_code = str(document.get("code", "")), str(document.get("sub_code", ""))
    if code == _SUCCESS:
        return
    if _UNKNOWN_TOKEN in sub_code:
        raise TokenRefused(sub_code)
    if "limit" in sub_code:
        raise Throttled(sub_code)
    if sub_code.startswith("isp.") or code == "20000":
        raise Away(sub_code or code)
    raise Refused(sub_code or code or "error")
