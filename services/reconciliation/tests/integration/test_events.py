"""What events leave in the database, in whatever order and however often they come."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from common.contracts.event import Event
from common.contracts.fulfillment import (
    OrderAllocated,
    OrderBackordered,
    OrderCancelled,
    OrderHandedOver,
)
from common.contracts.ingest import OrderReceived, PaymentReceived
from common.contracts.order import Payment
from common.database.migrating import pending_changes
from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Done, Outcome
from reconciliation.store.tables import metadata

Deliver = Callable[..., Awaitable[Sequence[Outcome]]]
Tell = Callable[..., Awaitable[None]]
Rows = Callable[[str], Awaitable[list[Mapping[str, Any]]]]

TABLES = ("order_account", "transaction", "fulfilment")


def the_life_of(order: OrderReceived, later: PaymentReceived) -> list[Event]:
    order_id = order.order_id
    return [
        order,
        later,
        OrderBackordered(order_id=order_id, version=1),
        OrderAllocated(order_id=order_id, version=2, warehouse="HZ", task_id=new_id()),
        OrderHandedOver(
            order_id=order_id,
            version=5,
            warehouse="HZ",
            courier="sf",
            tracking_no="SF1",
            handed_over_at=order.order.placed_at,
        ),
    ]


async def facts(rows: Rows) -> list[list[dict[str, Any]]]:
    """Everything told; when it was told may differ."""
    return [
        [{k: v for k, v in row.items() if k != "received_at"} for row in await rows(table)]
        for table in TABLES
    ]


async def test_the_migrated_schema_is_that_of_the_tables(works: WorkFactory) -> None:
    async with works.engine.connect() as connection:
        assert await connection.run_sync(pending_changes, "reconciliation", metadata) == []


async def test_events_in_every_order_end_in_the_same_rows(
    deliver: Deliver, rows: Rows, make: SimpleNamespace
) -> None:
    expected: list[Any] | None = None
    order = make.receive(9_000, make.claim("R1", 4_000))
    later = make.claim("R1", 4_500, paid_at=order.order.placed_at.replace(hour=5))
    messages = [make.message(e) for e in the_life_of(order, make.pay(order.order_id, later))]
    for sequence in permutations(messages):
        fresh = [m.model_copy(update={"event_id": new_id()}) for m in sequence]
        for m in fresh:
            await deliver(m)
        told = [[{**r, "source_event": None} for r in part] for part in await facts(rows)]
        expected = expected or told
        assert told == expected
    assert expected is not None
    orders, transactions, steps = expected
    assert [o["payable_minor"] for o in orders] == [9_000]
    assert [t["amount_minor"] for t in transactions] == [4_500]
    assert [(s["state"], s["version"], s["warehouse"]) for s in steps] == [("handed_over", 5, "HZ")]


async def test_a_batch_with_everything_in_it_twice_leaves_each_fact_once(
    deliver: Deliver, rows: Rows, make: SimpleNamespace
) -> None:
    order = make.receive(9_000, make.claim("R1", 4_000))
    messages = [
        make.message(e)
        for e in the_life_of(order, make.pay(order.order_id, make.claim("R2", 5_000)))
    ]
    again = [m.model_copy(update={"event_id": new_id()}) for m in reversed(messages)]
    await deliver(*messages, *again, *messages)
    assert await deliver(*messages) == [Done(duplicate=True)] * len(messages)
    assert [len(part) for part in await facts(rows)] == [1, 2, 1]


async def test_a_lower_version_is_stale(tell: Tell, rows: Rows) -> None:
    order_id = new_id()
    await tell(
        OrderCancelled(order_id=order_id, version=3, reason="asked"),
        OrderAllocated(order_id=order_id, version=2, warehouse="HZ", task_id=new_id()),
    )
    (step,) = await rows("fulfilment")
    assert (step["state"], step["version"], step["warehouse"]) == ("cancelled", 3, None)


async def test_no_personal_data_is_stored(tell: Tell, rows: Rows, make: SimpleNamespace) -> None:
    await tell(make.receive(4_080, make.claim("R1", 4_080)))
    stored = str([await rows(table) for table in TABLES])
    assert not any(secret in stored for secret in ("张三", "138", "文三路"))


async def test_an_order_known_only_by_later_events_can_be_read(
    api: httpx.AsyncClient, tell: Tell, make: SimpleNamespace
) -> None:
    order_id = new_id()
    payment: Payment = make.claim("R1", 100)
    await tell(
        make.pay(order_id, payment),
        OrderAllocated(order_id=order_id, version=1, warehouse="HZ", task_id=new_id()),
    )
    trace = (await api.get(f"/v1/orders/{order_id}")).json()
    assert trace["order"] is None
    assert trace["fulfilment"]["state"] == "allocated"
    assert [t["reference"] for t in trace["transactions"]] == ["R1"]


@pytest.mark.parametrize("table", ["statement", "statement_line", "statement_total", "match"])
async def test_what_was_written_of_money_cannot_be_changed(works: WorkFactory, table: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with works.begin() as work:
            await work.connection.execute(delete(metadata.tables[f"reconciliation.{table}"]))
