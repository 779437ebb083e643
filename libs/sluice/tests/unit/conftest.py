"""Four services that a test can change while they are read: their APIs, answering from memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sluice.reading import Services
from sluice.settings import SERVICES, Settings

Answer = Callable[[httpx.Request], httpx.Response]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SETTINGS = Settings({name: f"http://{name}" for name in SERVICES}, "a key")


def _order_id(number: int) -> str:
    return f"{number:08x}-0000-7000-8000-000000000000"


@dataclass
class World:
    """What each service knows, by order id."""

    accounts: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in SERVICES}
    )
    stock: dict[str, Any] = field(
        default_factory=lambda: {"reserved": 0, "owed": 0, "differing": 0, "places": []}
    )
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    """Service -> what it answers to its next requests instead."""
    asked: list[httpx.Request] = field(default_factory=list)
    before_answering: Callable[[httpx.Request], None] = lambda _: None
    page: int = 3

    def approve(self, number: int, *, age_seconds: float = 3600, minor: int = 4080) -> str:
        """Let all services know an order that is allocated; return its id."""
        order_id, at = _order_id(number), (NOW - timedelta(seconds=age_seconds)).isoformat()
        money = {"currency": "CNY", "amount_minor": minor}
        self.accounts["ingest"][order_id] = {
            "state": "received",
            **money,
            "paid_minor": minor,
            "pieces": 2,
            "cancellation_wished": False,
            "accepted_at": at,
            "changed_at": at,
        }
        self.accounts["risk"][order_id] = {
            "state": "approved",
            "decision_no": 1,
            "decisions": 1,
            **money,
            "changed_at": at,
        }
        self.accounts["fulfillment"][order_id] = {
            "state": "allocated",
            "version": 2,
            "steps": 2,
            "decision_no": 1,
            "awaiting_channel": False,
            "in_store": False,
            **money,
            "paid_minor": minor,
            "cancellation": None,
            "reserved": 2,
            "tasks": 1,
            "announced_version": 2,
            "announced_state": "allocated",
            "changed_at": at,
        }
        self.accounts["reconciliation"][order_id] = {
            "state": "allocated",
            "version": 2,
            **money,
            "paid_minor": minor,
            "received_at": at,
        }
        return order_id

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.before_answering(request)
        service = request.url.host
        if answers := self.instead.get(service):
            return answers.pop(0)(request)
        if request.url.path == "/v1/accounts/stock":
            return httpx.Response(200, json=self.stock)
        return httpx.Response(200, json=self._accounts(service, request.url.params))

    def _accounts(self, service: str, asked: httpx.QueryParams) -> dict[str, Any]:
        known = self.accounts[service]
        ids = sorted(known)
        if wanted := asked.get_list("order_id"):
            ids = [each for each in ids if each in wanted]
        limit = min(int(asked["limit"]), self.page if not wanted else len(wanted))
        after = [each for each in ids if each > asked.get("after", "")]
        some = after[:limit]
        page = {
            "items": [{"order_id": each, **known[each]} for each in some],
            "read_at": NOW.isoformat(),
            "next": some[-1] if len(some) == limit else None,
        }
        total = None if "after" in asked else len(known)
        return page | ({"total": total} if service == "ingest" else {})

    def services(self) -> Services:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return Services(client, SETTINGS)


@pytest.fixture
def world() -> World:
    return World()
