"""Square Orders API: whole orders, found by when they changed."""

import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Listed, Page
from ingest.gateways.configuration import SquareApi
from ingest.gateways.reading import from_iso, items, part

PAGE_SIZE = 100
_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,192}")


class Square:
    topic = "order"
    window_max = timedelta(days=7)
    settled_after = timedelta(seconds=30)

    def __init__(self, api: SquareApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        if not _NUMBER.fullmatch(number):  # becomes part of a path
            return None

        async def request() -> Request:
            return self._request(f"/v2/orders/{number}", "GET", None)

        def read(heard: Heard) -> bytes | None:
            if heard.status == HTTPStatus.NOT_FOUND:
                return None
            part(ok(heard).document(), "order")
            return heard.body

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        span = {"start_at": _utc(since), "end_at": _utc(until)}
        body: dict[str, Any] = {
            "location_ids": list(self._api.location_ids),
            "limit": PAGE_SIZE,
            "query": {
                "filter": {"date_time_filter": {"updated_at": span}},
                "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
            },
        }
        if page:
            body["cursor"] = page

        async def request() -> Request:
            return self._request("/v2/orders/search", "POST", compact(body))

        def read(heard: Heard) -> Page:
            document = ok(heard).document()
            found = tuple(_listed(one) for one in items(document.get("orders")))
            cursor = document.get("cursor")
            return Page(found, str(cursor) if cursor else None)

        return await self._calling.call(request, read)

    def _request(self, path: str, method: str, body: bytes | None) -> Request:
        headers = {"Authorization": f"Bearer {self._api.access_token.get_secret_value()}"}
        url = f"{str(self._api.url).rstrip('/')}{path}"
        return Request(method=method, url=url, headers=headers, body=body)


def _listed(order: dict[str, Any]) -> Listed:
    raw = compact({"order": order})
    return Listed(str(order.get("id")), from_iso(order.get("updated_at")), raw)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
