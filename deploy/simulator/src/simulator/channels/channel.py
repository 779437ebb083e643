"""What every simulated channel is made of."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Protocol

from aiohttp import web

from simulator.sale import Sale
from simulator.shop import Shop

BEIJING = timezone(timedelta(hours=8))
API_KEY = "simulated"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Push:
    """One call of intake."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    """Below the channel's own name."""
    handle: Handler


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    def push(self, sale: Sale, number: int, url: str) -> Push:
        """Tell of an order as it is now; `number` is the same when the push is sent again."""

    def routes(self) -> list[Route]: ...

    def throttled(self) -> web.Response:
        """Say that it is asked too often, as this channel says it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a channel is made with."""

    shop: Shop
    push_secret: str
    api_secret: str


def now() -> datetime:
    return datetime.now(UTC)


def packed(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def answered(document: Any, status: int = 200) -> web.Response:
    return web.Response(body=packed(document), status=status, content_type="application/json")


def too_many() -> web.Response:
    return web.Response(status=429, headers={"Retry-After": "1"})


def yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def beijing(moment: datetime | None) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def from_beijing(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def from_seconds(text: Any) -> datetime:
    return datetime.fromtimestamp(int(text), UTC)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
