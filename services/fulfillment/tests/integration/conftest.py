"""A small world to play events and calls in, on a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from common.contracts.event import Event, Message
from common.database.schema import Carried
from common.database.work import WorkFactory
from common.http import problems
from common.http.auth import KeyRing, ensure_key
from common.ids import new_id
from common.life_cycle import State, Trigger, step
from common.messaging.batch import BatchHandler, Item
from common.messaging.outcome import Done
from common.messaging.pack import Pack
from fulfillment.store import tables
from fulfillment.use_cases.restocking import serve_marked
from fulfillment.wiring import service

KEY = "a-test-key"
OWNED = (
    "orders, order_step, payment, backorder_line, restocked, task, shipment, stock, stock_entry,"
    " warehouse, inbox, outbox, event_log, idempotency"
)


@dataclass
class World:
    """What tests do and look at."""

    works: WorkFactory
    handler: BatchHandler
    events: Any

    # -- events in

    def message(self, event: Event) -> Message[Any]:
        return Message[type(event)](  # type: ignore[misc]
            event_id=new_id(),
            type=event.routing_key(),
            occurred_at=utc_now(),
            correlation_id=new_id(),
            data=event,
        )

    async def deliver(self, *messages: Event | Message[Any]) -> None:
        """Hand events over as one batch; all of them must come out handled."""
        items = [
            Item(Pack(0, m.type, b"", 1, 0, 0), m)
            for m in (m if isinstance(m, Message) else self.message(m) for m in messages)
        ]
        settled = await self.handler.handle(items)
        failed = [outcome for _, outcome in settled.outcomes if not isinstance(outcome, Done)]
        assert failed == []

    # -- stock

    async def stock(self, **on_hand: dict[str, int]) -> None:
        """Give warehouses (by code) their stock."""
        rows = {(code, sku): n for code, kept in on_hand.items() for sku, n in kept.items()}
        async with self.works.engine.begin() as connection:
            for number, code in enumerate(on_hand):
                await connection.execute(
                    tables.warehouse.insert().values(
                        code=code,
                        name=code,
                        country="CN",
                        region="",
                        latitude=30.0,
                        longitude=100.0 + number,
                        priority=number,
                        active=True,
                    )
                )
            for (code, sku), quantity in rows.items():
                await connection.execute(
                    tables.stock.insert().values(
                        warehouse=code, sku=sku, on_hand=quantity, reserved=0
                    )
                )

    async def serve_marked(self) -> None:
        """Do what the chore does, until there is no more to do."""
        more = True
        while more:
            async with self.works.begin() as work:
                more = await serve_marked(work)

    # -- what came of it

    async def order(self, order_id: UUID) -> Any:
        table = tables.orders
        rows = await self._rows(select(table).where(table.c.order_id == order_id))
        return rows[0] if rows else None

    async def state(self, order_id: UUID) -> str | None:
        order = await self.order(order_id)
        return None if order is None else str(order.state)

    async def states(self) -> dict[UUID, str]:
        return {r.order_id: r.state for r in await self._rows(select(tables.orders))}

    async def history(self, order_id: UUID) -> Sequence[Any]:
        table = tables.order_step
        return await self._rows(
            select(table).where(table.c.order_id == order_id).order_by(table.c.version)
        )

    async def levels(self) -> dict[tuple[str, str], tuple[int, int]]:
        rows = await self._rows(select(tables.stock))
        return {(r.warehouse, r.sku): (r.on_hand, r.reserved) for r in rows}

    async def published(self, order_id: UUID | None = None) -> list[str]:
        table = tables.carried.event_log
        statement = select(table.c.type).order_by(table.c.event_id)
        if order_id is not None:
            statement = statement.where(table.c.order_id == order_id)
        return [r.type for r in await self._rows(statement)]

    async def task_code(self, order_id: UUID) -> str:
        """Return the code of the order's last task."""
        table = tables.task
        rows = await self._rows(
            select(table).where(table.c.order_id == order_id).order_by(table.c.task_id)
        )
        return str(rows[-1].code)

    async def said(self, order_id: UUID, kind: str) -> list[dict[str, Any]]:
        """Return what was announced of the order in events of this kind."""
        table = tables.carried.event_log
        rows = await self._rows(
            select(table.c.body).where(table.c.order_id == order_id, table.c.type == kind)
        )
        return [r.body["data"] for r in rows]

    async def count(self, table: Any) -> int:
        (row,) = await self._rows(select(func.count().label("n")).select_from(table))
        return int(row.n)

    async def _rows(self, statement: Any) -> Sequence[Any]:
        async with self.works.engine.connect() as connection:
            return (await connection.execute(statement)).all()

    # -- what must always be so

    async def assert_sound(self) -> None:
        """Check that reservations add up, histories are legal and gapless, and nobody is stuck."""
        rows = await self._rows(select(tables.orders))
        owed: dict[tuple[str, str], int] = {}
        for row in rows:
            assert row.state != "awaiting_allocation"
            if row.state in ("allocated", "picking", "packed"):
                for line in row.particulars["lines"]:
                    key = (row.warehouse, line["sku"])
                    owed[key] = owed.get(key, 0) + line["quantity"]
        levels = await self.levels()
        reserved = {key: level[1] for key, level in levels.items() if level[1]}
        assert reserved == owed
        assert all(0 <= r <= on_hand for on_hand, r in levels.values())
        await self._assert_histories(rows)
        waiting = {r.order_id for r in await self._rows(select(tables.backorder_line))}
        assert waiting == {r.order_id for r in rows if r.state == "backordered"}
        await self._assert_tasks(rows)

    async def _assert_tasks(self, rows: Iterable[Any]) -> None:
        """Check that exactly the orders that have goods have a task, and one, not ended."""
        tasks = await self._rows(select(tables.task).where(tables.task.c.state != "cancelled"))
        living = {t.order_id: t.state for t in tasks}
        assert len(living) == len(tasks)
        here = ("allocated", "picking", "packed")
        left = ("handed_over", "in_transit", "delivered", "returned")
        with_goods = {r.order_id for r in rows if r.state in here + left and not _in_store(r)}
        assert set(living) == with_goods
        assert all(living[r.order_id] == r.state for r in rows if r.state in here)
        assert not any(_in_store(r) for r in rows if r.state in here)

    async def _assert_histories(self, rows: Iterable[Any]) -> None:
        steps: dict[UUID, list[Any]] = {}
        table = tables.order_step
        for s in await self._rows(select(table).order_by(table.c.order_id, table.c.version)):
            steps.setdefault(s.order_id, []).append(s)
        for row in rows:
            taken = steps.get(row.order_id, [])
            assert [s.version for s in taken] == list(range(1, row.version + 1))
            state = State.RECEIVED
            for s in taken:
                assert s.source == state
                assert step(state, Trigger(s.trigger)) == s.target
                state = State(s.target)
            assert state == row.state


def _in_store(row: Any) -> bool:
    return (row.particulars or {}).get("delivery") == "in_store"


@pytest.fixture(scope="session")
async def database(
    new_database: Callable[[str, Carried], Awaitable[AsyncEngine]],
) -> AsyncEngine:
    return await new_database("fulfillment", tables.carried)


@pytest.fixture
async def works(database: AsyncEngine) -> WorkFactory:
    async with database.begin() as connection:
        await connection.execute(text("set local search_path = fulfillment"))
        await connection.execute(text(f"truncate {OWNED}"))
    return WorkFactory(database, tables.carried)


@pytest.fixture
def world(works: WorkFactory, events: Any) -> World:
    subscriptions = {s.event.routing_key(): s for s in service().subscriptions}
    return World(works, BatchHandler(subscriptions, works), events)


@pytest.fixture
async def client(works: WorkFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with works.engine.begin() as connection:
        await ensure_key(connection, works.tables, name="tester", key=KEY, scopes=["*"])
        reader = ["fulfillment:read"]
        await ensure_key(connection, works.tables, name="reader", key="read", scopes=reader)
    app = FastAPI()
    wired = service()
    runtime = wired.runtime(connections_max=1, sweeps=False)
    app.state.works, app.state.relay = works, runtime.relay
    app.state.keys = KeyRing(works.engine, works.tables)
    wired.mount(app, runtime)
    problems.install(app)
    headers = {"Authorization": f"Bearer {KEY}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://fulfillment", headers=headers
    ) as client:
        yield client


@pytest.fixture
def allocated(world: World) -> Callable[..., Awaitable[tuple[UUID, str]]]:
    """Make an allocated order of one SKU; give its id and its task's code."""

    async def make(quantity: int = 2) -> tuple[UUID, str]:
        if not await world.levels():
            await world.stock(HZ={"A": 100})
        order_id = new_id()
        await world.deliver(world.events.approved(order_id, ("A", quantity)))
        return order_id, await world.task_code(order_id)

    return make
