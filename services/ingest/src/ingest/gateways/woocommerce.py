"""WooCommerce REST API v3: whole orders in numbered pages, and webhooks to look after."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Away, Listed, Page, Refused
from ingest.gateways.configuration import WooCommerceApi
from ingest.gateways.reading import from_iso, items, next_from_the_back

PAGE_SIZE = 100
TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")
_ACTIVE = "active"


class WooCommerce:
    topic = "order.updated"
    window_max = timedelta(days=30)
    settled_after = timedelta(seconds=10)

    def __init__(self, api: WooCommerceApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        """Orders are asked for by id; where a plug-in numbers them otherwise, they are sought."""
        if number.isascii() and number.isdecimal():
            found = await self._by_id(number)
            if found is not None and _number(found) == number:
                return compact(found)
        return await self._sought(number)

    async def _by_id(self, number: str) -> dict[str, Any] | None:
        async def request() -> Request:
            return self._request(f"orders/{number}")

        def read(heard: Heard) -> dict[str, Any] | None:
            return None if heard.status == HTTPStatus.NOT_FOUND else ok(heard).document()

        return await self._calling.call(request, read)

    async def _sought(self, number: str) -> bytes | None:
        async def request() -> Request:
            return self._request("orders", query={"search": number, "per_page": "20"})

        def read(heard: Heard) -> bytes | None:
            same = (compact(one) for one in _list(heard) if _number(one) == number)
            return next(same, None)

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        query = {
            "modified_after": _gmt(since - timedelta(seconds=1)),
            "modified_before": _gmt(until + timedelta(seconds=1)),
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "per_page": str(PAGE_SIZE),
            "page": page or "1",
        }

        async def request() -> Request:
            return self._request("orders", query=query)

        def read(heard: Heard) -> Page:
            found, total = _list(heard), heard.headers.get("x-wp-total", "")
            if not total.isdecimal():
                raise Refused("answer_without_total")
            following = next_from_the_back(int(total), PAGE_SIZE, page)
            if page is None and following is not None:
                return Page((), following)
            return Page(tuple(_listed(one) for one in found), following)

        return await self._calling.call(request, read)

    async def resubscribe(self, address: str, secret: str) -> Sequence[str]:
        """WooCommerce disables a webhook after five refusals; one that is not there is made."""

        async def request() -> Request:
            return self._request("webhooks", query={"per_page": "100"})

        found = await self._calling.call(request, _list)
        ours = {str(one.get("topic")): one for one in found if one.get("delivery_url") == address}
        mended = []
        for topic in TOPICS:
            known = ours.get(topic)
            if known is None:
                told = {"name": f"Sluice {topic}", "topic": topic, "delivery_url": address}
                await self._send("POST", "webhooks", told | {"secret": secret})
            elif known.get("status") != _ACTIVE:
                await self._send("PUT", f"webhooks/{int(known['id'])}", {"status": _ACTIVE})
            else:
                continue
            mended.append(topic)
        return mended

    async def _send(self, method: str, path: str, told: Mapping[str, Any]) -> None:
        async def request() -> Request:
            return self._request(path, method=method, body=compact(told))

        await self._calling.call(request, ok)

    def _request(
        self,
        path: str,
        *,
        method: str = "GET",
        query: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Request:
        key, secret = self._api.consumer_key, self._api.consumer_secret
        pair = f"{key.get_secret_value()}:{secret.get_secret_value()}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        url = f"{str(self._api.url).rstrip('/')}/wp-json/wc/v3/{path}"
        return Request(method=method, url=url, query=query or {}, headers=headers, body=body)


def _list(heard: Heard) -> list[dict[str, Any]]:
    """Return the objects of an answer that is a list, not an object."""
    wrapped = Heard(heard.status, heard.headers, b'{"all":' + ok(heard).body + b"}")
    found = wrapped.document()["all"]
    if not isinstance(found, list):
        raise Away("answer_is_no_list")
    return items(found)


def _listed(order: dict[str, Any]) -> Listed:
    return Listed(_number(order), from_iso(order.get("date_modified_gmt")), compact(order))


def _number(order: Mapping[str, Any]) -> str:
    return str(order.get("number") or order.get("id"))


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
