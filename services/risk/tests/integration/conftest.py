"""A migrated database for each test: as it was after the migration."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from common.clock import utc_now
from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.engine import open_engine
from common.database.migrating import migrate
from common.database.work import WorkFactory
from common.http import problems
from common.http.auth import KeyRing, ensure_key
from common.ids import new_id
from common.messaging.batch import BatchHandler
from common.messaging.outcome import Outcome
from common.messaging.pack import Pack
from common.messaging.relay import Relay
from common.service import Runtime
from common.telemetry.metrics import Metrics
from risk.settings import Settings
from risk.store import tables
from risk.subscriptions import subscriptions
from risk.wiring import Parts, mount
from support.pristine import remember, restore

PRINCIPALS = {
    "reader": ["risk:read"],
    "reviewer": ["risk:read", "risk:write"],
    "second-reviewer": ["risk:read", "risk:write"],
    "releaser": ["risk:read", "risk:release"],
    "stranger": ["ingest:read"],
}
"""Name, which is also the key, and scopes."""


@pytest.fixture(scope="session")
async def server(infrastructure: Mapping[str, str]) -> AsyncIterator[AsyncConnection]:
    url = make_url(infrastructure["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def url_of(server: AsyncConnection, database: str) -> str:
    return server.engine.url.set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
async def pristine(server: AsyncConnection) -> AsyncIterator[str]:
    """A migrated database that can be made as it was: faster than a new one for each test."""
    name = f"risk_{secrets.token_hex(6)}"
    await server.execute(text(f"create database {name}"))
    engine = open_engine(url_of(server, name), application="test")
    await migrate(engine, "risk", tables.carried)
    async with engine.begin() as connection:
        for principal, scopes in PRINCIPALS.items():
            await ensure_key(
                connection, tables.carried, name=principal, key=principal, scopes=scopes
            )
        await remember(connection)
    await engine.dispose()
    yield name
    await server.execute(text(f"drop database {name} with (force)"))


@pytest.fixture
async def database(server: AsyncConnection, pristine: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url_of(server, pristine), application="test")
    yield engine
    await engine.dispose()
    again = create_async_engine(server.engine.url.set(database=pristine))
    async with again.begin() as connection:
        await restore(connection)
    await again.dispose()


@pytest.fixture
def works(database: AsyncEngine) -> WorkFactory:
    return WorkFactory(database, tables.carried)


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    """What one process is made of; it looks for another rule set, and counts, every time."""
    parts = Parts.of(Settings(ruleset_refresh_seconds=0, figures_refresh_seconds=0))
    yield parts
    await parts.parties.close()


@pytest.fixture
def handler(works: WorkFactory, parts: Parts) -> BatchHandler:
    """A worker's handler that looks for another rule set before every batch."""
    listening = subscriptions(parts.assess())
    return BatchHandler({s.event.routing_key(): s for s in listening}, works)


@pytest.fixture
def order() -> Order:
    """An order nothing speaks against."""
    return Order.model_validate(
        {
            "channel": "mall",
            "shop": "demo",
            "channel_order_no": "M-1001",
            "placed_at": "2026-11-22T09:30:00+08:00",
            "currency": "CNY",
            "customer": {
                "name": "张三",
                "phone": "+8613800138000",
                "email": None,
                "platform_id": None,
            },
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
            "payments": [],
            "memo": None,
        }
    )


@pytest.fixture
def dear(order: Order) -> Order:
    """An order whose amount a person has to look at."""
    return costing(order, 600_000)


@pytest.fixture
def ruinous(order: Order) -> Order:
    """An order of an amount that is refused."""
    return costing(order, 6_000_000)


@pytest.fixture
def one_of_each(order: Order, dear: Order, ruinous: Order) -> tuple[Order, Order, Order]:
    """An order to approve, one to hold and one to reject."""
    return order, dear, ruinous


def costing(order: Order, payable_minor: int) -> Order:
    amounts = order.amounts.model_copy(update={"payable_minor": payable_minor})
    return order.model_copy(update={"amounts": amounts})


@pytest.fixture
def receipt() -> Callable[..., Message[OrderReceived]]:
    """Make the event that an order was received."""

    def make(order: Order, order_id: UUID | None = None) -> Message[OrderReceived]:
        return Message[OrderReceived](
            event_id=new_id(),
            type=OrderReceived.routing_key(),
            occurred_at=utc_now(),
            correlation_id=new_id(),
            data=OrderReceived(order_id=order_id or new_id(), order=order),
        )

    return make


@pytest.fixture
def deliver(handler: BatchHandler) -> Callable[..., Awaitable[list[Outcome]]]:
    """Hand the events to the worker as one batch; return what became of each."""

    async def handle(*messages: Message[OrderReceived]) -> list[Outcome]:
        body = f"[{','.join(m.model_dump_json() for m in messages)}]".encode()
        pack = Pack(1, OrderReceived.routing_key(), body, len(messages), 0, 0)
        settled = await handler.handle(handler.read([pack]))
        return [outcome for _, outcome in settled.outcomes]

    return handle


@pytest.fixture
def published(works: WorkFactory) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """Read everything announced so far, in order."""

    async def read() -> list[dict[str, Any]]:
        log, outbox = tables.carried.event_log, tables.carried.outbox
        both = log.join(outbox, log.c.event_id == outbox.c.event_id)
        statement = select(log.c.body).select_from(both).order_by(log.c.event_id)
        async with works.engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    return read


@pytest.fixture
def runtime(works: WorkFactory) -> Runtime:
    metrics = Metrics("risk")
    relay = Relay(works.engine, works.tables, "amqp://nowhere", metrics, sweeps=False)
    return Runtime(Settings(), works.engine, works.engine, works, metrics, relay)


@pytest.fixture
async def client(runtime: Runtime, parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.works, app.state.relay = runtime.works, runtime.relay
    app.state.keys = KeyRing(runtime.engine, tables.carried)
    mount(app, runtime, parts)
    problems.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://risk") as client:
        yield client
