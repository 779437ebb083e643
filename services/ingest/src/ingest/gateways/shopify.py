"""Shopify Admin API: whole orders, pages by cursor, and webhooks to look after."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingest.gateways.calling import Calling, Heard, Request, compact, ok
from ingest.gateways.channel_api import Listed, Page, Refused
from ingest.gateways.configuration import ShopifyApi
from ingest.gateways.reading import from_iso, items, part

PAGE_SIZE = 250
TOPICS = ("orders/create", "orders/updated", "orders/paid", "orders/cancelled")
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="next"')
_NUMBER = re.compile(r"\d{1,30}")


class Shopify:
    topic = "orders/updated"
    window_max = timedelta(days=30)
    settled_after = timedelta(seconds=10)

    def __init__(self, api: ShopifyApi, calling: Calling) -> None:
        self._api = api
        self._calling = calling

    async def order(self, number: str) -> bytes | None:
        if not _NUMBER.fullmatch(number):  # becomes part of a path
            return None

        async def request() -> Request:
            return self._request(f"orders/{number}.json")

        def read(heard: Heard) -> bytes | None:
            if heard.status == HTTPStatus.NOT_FOUND:
                return None
            part(ok(heard).document(), "order")
            return heard.body

        return await self._calling.call(request, read)

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        query = {"limit": str(PAGE_SIZE), "page_info": page} if page else _within(since, until)

        async def request() -> Request:
            return self._request("orders.json", query=query)

        return await self._calling.call(request, _page)

    async def resubscribe(self, address: str, secret: str) -> Sequence[str]:
        """Shopify signs with the app's secret: none is told."""
        del secret

        async def request() -> Request:
            return self._request("webhooks.json", query={"limit": str(PAGE_SIZE)})

        def read(heard: Heard) -> set[str]:
            found = items(ok(heard).document().get("webhooks"))
            return {str(one.get("topic")) for one in found if one.get("address") == address}

        known = await self._calling.call(request, read)
        missing = [topic for topic in TOPICS if topic not in known]
        for topic in missing:
            await self._subscribe(topic, address)
        return missing

    async def _subscribe(self, topic: str, address: str) -> None:
        body = compact({"webhook": {"topic": topic, "address": address, "format": "json"}})

        async def request() -> Request:
            return self._request("webhooks.json", method="POST", body=body)

        await self._calling.call(request, ok)

    def _request(
        self,
        path: str,
        *,
        method: str = "GET",
        query: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Request:
        url = f"{str(self._api.url).rstrip('/')}/admin/api/{self._api.version}/{path}"
        headers = {"X-Shopify-Access-Token": self._api.access_token.get_secret_value()}
        return Request(method=method, url=url, query=query or {}, headers=headers, body=body)


def _within(since: datetime, until: datetime) -> dict[str, str]:
    return {
        "status": "any",
        "limit": str(PAGE_SIZE),
        "order": "updated_at asc",
        "updated_at_min": since.astimezone(UTC).isoformat(timespec="seconds"),
        "updated_at_max": until.astimezone(UTC).isoformat(timespec="seconds"),
    }


def _page(heard: Heard) -> Page:
    orders = items(ok(heard).document().get("orders"))
    return Page(tuple(_listed(order) for order in orders), _next(heard))


def _listed(order: dict[str, Any]) -> Listed:
    return Listed(str(order.get("id")), from_iso(order.get("updated_at")), compact(order))


def _next(heard: Heard) -> str | None:
    """Return the cursor of the next page; of the link no more is taken than that."""
    link = _NEXT.search(heard.headers.get("link", ""))
    if link is None:
        return None
    cursors = parse_qs(urlsplit(link[1]).query).get("page_info")
    if not cursors:
        raise Refused("next_page_without_page_info")
    return cursors[0]
