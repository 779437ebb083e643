"""A database of its own, what happens told as events, and the API as it is served."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.contracts.event import Event, Message
from common.contracts.ingest import OrderReceived, PaymentReceived
from common.contracts.order import Address, Amounts, Customer, Order, Payment
from common.database.engine import open_engine
from common.database.migrating import migrate
from common.database.work import WorkFactory
from common.http.auth import ensure_key
from common.ids import new_id
from common.messaging.batch import BatchHandler
from common.messaging.outcome import Done, Outcome
from common.messaging.pack import Pack
from common.service import Runtime, api_app
from reconciliation.settings import Settings
from reconciliation.store.tables import carried, metadata
from reconciliation.subscriptions import subscriptions
from reconciliation.wiring import service

PAID_AT = datetime(2026, 11, 22, 1, 31, 10, tzinfo=UTC)
HEADER = "transaction_id,occurred_at,amount,currency,reference,payer"
KEY = "a key for tests"
READ_KEY = "a key for reading"


@pytest.fixture(scope="session")
async def database_url(infrastructure: Mapping[str, str]) -> AsyncIterator[str]:
    server = make_url(infrastructure["DATABASE_URL"])
    name = f"reconciliation_{new_id().hex}"
    admin = open_engine(server.render_as_string(hide_password=False), application="test")
    autocommit = admin.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        await connection.execute(text(f"create database {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    async with autocommit.connect() as connection:
        await connection.execute(text(f"drop database {name} with (force)"))
    await admin.dispose()


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, application="test")
    await migrate(engine, "reconciliation", carried)
    yield engine
    await engine.dispose()


@pytest.fixture
async def works(engine: AsyncEngine) -> WorkFactory:
    """The service's transactions on a database without a row."""
    names = ", ".join(f'"{t.schema}"."{t.name}"' for t in metadata.tables.values())
    async with engine.begin() as connection:
        await connection.execute(text(f"truncate {names}"))
        for name, key, scopes in (
            ("tester", KEY, ["reconciliation:read", "reconciliation:write"]),
            ("reader", READ_KEY, ["reconciliation:read"]),
        ):
            await ensure_key(connection, carried, name=name, key=key, scopes=scopes)
    return WorkFactory(engine, carried)


@pytest.fixture
async def api(works: WorkFactory, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The whole API as it is served, called with a key that may do everything."""
    made = service(Settings(database_url=database_url))
    runtimes: list[Runtime] = []

    def mount(app: FastAPI, runtime: Runtime) -> None:
        runtimes.append(runtime)
        made.mount(app, runtime)

    app = api_app(replace(made, mount=mount))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://reconciliation",
        headers={"X-API-Key": KEY},
    ) as client:
        yield client
    assert [runtime.works.tables for runtime in runtimes] == [works.tables]
    await runtimes[0].engine.dispose()


def claim(reference: str, amount_minor: int, **more: Any) -> Payment:
    """A payment as a channel tells it: reference and amount, and when it matters how and when."""
    facts = {"method": "alipay", "paid_at": PAID_AT, **more}
    return Payment(reference=reference, amount_minor=amount_minor, **facts)


def receive(payable_minor: int, *payments: Payment, **more: Any) -> OrderReceived:
    """An order of so much, with the payments it claims."""
    order_id: UUID = more.pop("order_id", None) or new_id()
    facts = {"channel": "mall", "shop": "demo", "channel_order_no": f"M-{order_id.hex}"}
    order = Order(
        **{**facts, "currency": "CNY", **more},
        placed_at=PAID_AT,
        customer=Customer(name="张三", phone="13800138000", email=None, platform_id=None),
        address=Address(
            country="CN",
            province="浙江省",
            city="杭州市",
            district="西湖区",
            detail="文三路 1 号",
            postcode=None,
        ),
        lines=(),
        amounts=Amounts(
            goods_minor=payable_minor,
            freight_minor=0,
            discount_minor=0,
            tax_minor=0,
            payable_minor=payable_minor,
        ),
        payments=payments,
        memo=None,
    )
    return OrderReceived(order_id=order_id, order=order)


def pay(order_id: UUID, payment: Payment, currency: str = "CNY") -> PaymentReceived:
    return PaymentReceived(order_id=order_id, currency=currency, payment=payment)


def message(event: Event) -> Message[Any]:
    return Message[Any](
        event_id=new_id(),
        type=event.routing_key(),
        occurred_at=PAID_AT,
        correlation_id=new_id(),
        data=event,
    )


@pytest.fixture
def make() -> SimpleNamespace:
    """Builders of what is told."""
    return SimpleNamespace(claim=claim, receive=receive, pay=pay, message=message)


@pytest.fixture
def deliver(works: WorkFactory) -> Callable[..., Awaitable[Sequence[Outcome]]]:
    """Hand messages to the service in one batch, as its consumer would."""
    handler = BatchHandler({s.event.routing_key(): s for s in subscriptions()}, works)

    async def hand_over(*messages: Message[Any]) -> Sequence[Outcome]:
        packs = [
            Pack(
                delivery_tag=tag,
                type=m.type,
                body=b"[" + m.model_dump_json().encode() + b"]",
                events=1,
                attempt=0,
                deliveries=0,
            )
            for tag, m in enumerate(messages)
        ]
        settled = await handler.handle(handler.read(packs))
        assert all(isinstance(outcome, Done) for _, outcome in settled.outcomes)
        return [outcome for _, outcome in settled.outcomes]

    return hand_over


@pytest.fixture
def tell(
    deliver: Callable[..., Awaitable[Sequence[Outcome]]],
) -> Callable[..., Awaitable[None]]:
    """Deliver events one batch each."""

    async def each(*events: Event) -> None:
        for event in events:
            await deliver(message(event))

    return each


@pytest.fixture
def rows(works: WorkFactory) -> Callable[[str], Awaitable[list[Mapping[str, Any]]]]:
    """What a table of the service holds, in one order."""

    async def read(table: str) -> list[Mapping[str, Any]]:
        async with works.engine.connect() as connection:
            found = await connection.execute(metadata.tables[f"reconciliation.{table}"].select())
            return sorted(map(dict, found.mappings()), key=str)

    return read


@pytest.fixture
def bring(api: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Import a statement of rows `transaction_id,amount,reference[,occurred_at]`."""

    async def post(*told: str, source: str = "bank") -> httpx.Response:
        lines = [HEADER]
        for row in told:
            transaction_id, amount, reference, *at = row.split(",")
            occurred_at = at[0] if at else "2026-11-22T12:00:00+08:00"
            lines.append(f"{transaction_id},{occurred_at},{amount},CNY,{reference},张三")
        return await api.post(
            "/v1/statements", params={"source": source}, content="\n".join(lines).encode()
        )

    return post


@pytest.fixture
def found(api: httpx.AsyncClient) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """The differences there are."""

    async def read(**wanted: str | int) -> list[dict[str, Any]]:
        response = await api.get("/v1/differences", params=wanted)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    return read
