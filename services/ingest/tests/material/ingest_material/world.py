"""What a test of the whole service does and looks at: calls in, rows out."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Message

from common.http.auth import ensure_key
from ingest.store import pull_tables, tables
from ingest_material.shopify import shopify_order, signature
from ingest_material.woocommerce import woocommerce_order
from support.waiting import until

SECRETS = {
    "shopify/demo": ["the old secret", "the new secret"],
    "taobao/s": ["top"],
    "woocommerce/demo": ["woo"],
}
KEYS = {
    "writer": ["ingest:read", "ingest:write"],
    "second-writer": ["ingest:write"],
    "reader": ["ingest:read"],
    "mapper": ["ingest:read", "ingest:map"],
    "stranger": ["risk:read", "risk:write"],
}
"""Name, which is also the key, and scopes."""
Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
"""Serves one more API, with its client, for the length of a block."""
OWNED = [
    table for table in pull_tables.metadata.sorted_tables if table is not tables.carried.api_key
]


ENDLESS = "".join(f"{number * 2_654_435_761 % 2**32:08x}" for number in range(2_000))
"""A text too long for an index, and without a pattern that would make it shorter there."""


@asynccontextmanager
async def alive(app: ASGIApp) -> AsyncGenerator[ASGIApp]:
    """Run the application's lifespan around a block, in a task of its own as a server does."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.ensure_future(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    try:
        yield app
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await life
    assert (await from_app.get())["type"] == "lifespan.shutdown.complete"


def client_of(app: ASGIApp, key: str | None = "writer") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://ingest", headers=headers)


def json_bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def canonical(**changes: Any) -> dict[str, Any]:
    """Return a valid canonical document; `customer__phone` changes a field of a part."""
    document: dict[str, Any] = {
        "channel": "mall",
        "shop": "demo",
        "channel_order_no": "M-1001",
        "placed_at": "2025-01-22T09:30:00+08:00",
        "currency": "CNY",
        "customer": {"name": "张三", "phone": "138 0013 8000", "email": None, "platform_id": None},
        "address": {
            "country": "CN",
            "province": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "detail": "文三路 1 号",
            "postcode": None,
        },
        "lines": [
            {
                "sku": "SKU-0001",
                "title": "预制菜 A",
                "quantity": 2,
                "unit_price_minor": 1990,
                "discount_minor": 0,
            }
        ],
        "amounts": {
            "goods_minor": 3980,
            "freight_minor": 600,
            "discount_minor": 500,
            "tax_minor": 0,
            "payable_minor": 4080,
        },
        "payments": [a_payment()],
        "memo": None,
    }
    for name, value in changes.items():
        part, _, field = name.partition("__")
        if field:
            document[part] = document[part] | {field: value}
        else:
            document[part] = value
    return document


def a_payment(**changes: Any) -> dict[str, Any]:
    return {
        "reference": "2025012200001",
        "method": "alipay",
        "amount_minor": 4080,
        "paid_at": "2025-01-22T09:31:10+08:00",
    } | changes


@dataclass
class World:
    engine: AsyncEngine
    client: httpx.AsyncClient
    """Of the one who may write; other keys by `headers=as_(...)`."""

    # -- in

    async def shopify(
        self,
        document: Any = None,
        /,
        *,
        topic: str = "orders/create",
        delivery: str | None = None,
        body: bytes | None = None,
        client: httpx.AsyncClient | None = None,
        **changes: Any,
    ) -> httpx.Response:
        """Deliver a Shopify webhook, signed; by default of the order of our own with changes."""
        order = shopify_order(**changes) if document is None else document
        body = json_bytes(order) if body is None else body
        headers = {
            "X-Shopify-Hmac-Sha256": signature(body, "the new secret"),
            "X-Shopify-Topic": topic,
        }
        if delivery:
            headers["X-Shopify-Webhook-Id"] = delivery
        path = "/v1/webhooks/shopify/demo"
        return await (client or self.client).post(path, content=body, headers=headers)

    async def woocommerce(
        self, *, topic: str = "order.created", delivery: str | None = None, **changes: Any
    ) -> httpx.Response:
        body = json_bytes(woocommerce_order(**changes))
        headers = {"X-WC-Webhook-Signature": signature(body, "woo"), "X-WC-Webhook-Topic": topic}
        if delivery:
            headers["X-WC-Webhook-Delivery-ID"] = delivery
        return await self.client.post(
            "/v1/webhooks/woocommerce/demo", content=body, headers=headers
        )

    async def submit(
        self, document: Any, key: str | None = None, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await (client or self.client).post("/v1/orders", json=document, headers=headers)

    async def accepted(self, **changes: Any) -> str:
        """Take an order in by the canonical door; return its id."""
        return only(await self.submit(canonical(**changes)), "accepted")

    async def quarantined(self, **changes: Any) -> str:
        """Take in an order without a phone number, and with what else is wrong."""
        document = canonical(**{"customer__phone": None} | changes)
        return only(await self.submit(document), "quarantined")

    async def act(self, verb: str, order_id: str, **fields: Any) -> httpx.Response:
        """Release or discard an order."""
        path = f"/v1/quarantine/{order_id}/{verb}"
        return await self.client.post(path, json={"reason": "because", **fields})

    async def patch(self, order_id: str, patch: Any, **headers: str) -> httpx.Response:
        return await self.client.patch(
            f"/v1/quarantine/{order_id}",
            content=json_bytes(patch),
            headers={"Content-Type": "application/merge-patch+json"} | headers,
        )

    async def until_somebody_waits(self, transactions: int = 1) -> None:
        """Wait until this many transactions wait for the end of another."""
        waiting = text(
            "select count(*) as waiters from pg_stat_activity where wait_event_type = 'Lock'"
            " and datname = current_database()"
        )

        async def somebody_waits() -> bool:
            (row,) = await self.rows(waiting)
            return bool(row.waiters >= transactions)

        await until(somebody_waits)

    # -- out

    async def rows(self, statement: Any) -> Sequence[Any]:
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).all()

    async def counts(self) -> Mapping[str, int]:
        """Return how many rows each table has, without those that have none."""
        found = {}
        for table in OWNED:
            (row,) = await self.rows(select(func.count().label("n")).select_from(table))
            found[table.name] = row.n
        return {name: n for name, n in found.items() if n}

    async def orders(self) -> Sequence[Any]:
        return await self.rows(select(tables.sales_order).order_by(tables.sales_order.c.order_id))

    async def receipts(self) -> Sequence[Any]:
        return await self.rows(select(tables.receipt).order_by(tables.receipt.c.receipt_id))

    async def events(self, order_id: str | None = None) -> list[dict[str, Any]]:
        """Return what was announced, in order, about one order or all; each is in the outbox."""
        log, outbox = tables.carried.event_log, tables.carried.outbox
        joined = log.join(outbox, outbox.c.event_id == log.c.event_id)
        statement = select(log.c.body).select_from(joined).order_by(log.c.event_id)
        if order_id is not None:
            statement = statement.where(log.c.order_id == UUID(order_id))
        return [row.body for row in await self.rows(statement)]

    async def announced(self, order_id: str | None = None) -> list[str]:
        return [event["type"] for event in await self.events(order_id)]


def only(response: httpx.Response, status: str) -> str:
    """Return the id of the one order in the receipt, which must have this status."""
    assert response.status_code == 202, response.text
    (order,) = response.json()["orders"]
    assert order["status"] == status, response.text
    return str(order["order_id"])


def as_(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def give_keys(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for name, scopes in KEYS.items():
            await ensure_key(connection, tables.carried, name=name, key=name, scopes=scopes)


async def empty(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for table in OWNED:
            await connection.execute(table.delete())
