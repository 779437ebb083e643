"""What risk does when orders arrive, on a real database."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.migrating import pending_changes
from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Done, Outcome, Retry
from risk.domain.identity import ruleset_id
from risk.store import tables
from risk.store.documents import RuleSetDocument
from risk.use_cases import demo, releasing

Receipt = Callable[..., Message[OrderReceived]]
Deliver = Callable[..., Awaitable[list[Outcome]]]
Published = Callable[[], Awaitable[list[dict[str, Any]]]]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


async def count(database: AsyncEngine, table: Any) -> int:
    async with database.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_the_tables_in_the_code_are_the_migrated_ones(database: AsyncEngine) -> None:
    async with database.connect() as connection:
        assert await connection.run_sync(pending_changes, "risk", tables.metadata) == []


async def test_a_fresh_system_begins_with_a_rule_set_named_by_what_it_says(
    database: AsyncEngine,
) -> None:
    async with database.connect() as connection:
        row = (await connection.execute(select(tables.ruleset))).one()
        active = (await connection.execute(select(tables.active_ruleset.c.id))).scalar_one()
    document = RuleSetDocument.model_validate(row.document)
    assert active == row.id == ruleset_id(document.content())


async def test_a_batch_is_decided_order_by_order(
    one_of_each: tuple[Order, Order, Order],
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    messages = [receipt(o) for o in (*one_of_each, one_of_each[0])]
    assert await deliver(*messages) == [Done()] * 4
    events = await published()
    assert types(events) == [
        "order.approved.v1",
        "order.held.v1",
        "order.rejected.v1",
        "order.approved.v1",
    ]
    for event, message in zip(events, messages, strict=True):
        assert event["data"]["order_id"] == str(message.data.order_id)
        assert event["data"]["decision_no"] == 1
        assert event["correlation_id"] == str(message.correlation_id)
        assert event["causation_id"] == str(message.event_id)
    assert Order.model_validate(events[0]["data"]["order"]) == one_of_each[0]
    assert events[1]["data"]["reasons"] == ["order-amount-cny:amount_above_limit"]


async def test_every_decision_names_the_rule_set_in_force(
    database: AsyncEngine, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    await deliver(receipt(order))
    async with database.connect() as connection:
        active = (await connection.execute(select(tables.active_ruleset.c.id))).scalar_one()
        stored = (await connection.execute(select(tables.assessment.c.ruleset))).scalar_one()
    assert active == stored == (await published())[0]["data"]["ruleset"]


async def test_a_redelivered_order_is_decided_once(
    database: AsyncEngine, dear: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    once = receipt(dear)
    for _ in range(3):
        await deliver(once, once)
    assert types(await published()) == ["order.held.v1"]
    assert await count(database, tables.assessment) == 1
    assert await count(database, tables.held_order) == 1


async def test_an_order_emitted_again_gets_the_same_answer_under_another_rule_set(
    works: WorkFactory, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    order_id = new_id()
    await deliver(receipt(order, order_id))
    async with works.begin() as work:
        strict = RuleSetDocument(name="nobody", rules=[])
        wanted = await releasing.publish(work, strict, author="test", reason="test")
        await releasing.activate(work, wanted, by="test", reason="test")

    await deliver(receipt(order, order_id), receipt(order))

    first, again, other = (event["data"] for event in await published())
    assert again == first
    assert other["reasons"] == ["ruleset:currency_without_limit"]
    assert await count(works.engine, tables.assessment) == 2


async def test_two_events_of_one_order_in_one_batch_are_decided_once(
    database: AsyncEngine, dear: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    order_id = new_id()
    await deliver(receipt(dear, order_id), receipt(dear, order_id))
    first, second = (event["data"] for event in await published())
    assert first == second
    assert await count(database, tables.assessment) == 1


async def test_workers_that_decide_the_same_orders_at_once_agree(
    database: AsyncEngine, dear: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    order_ids = [new_id() for _ in range(20)]
    batches = [[receipt(dear, i) for i in order_ids], [receipt(dear, i) for i in order_ids[::-1]]]
    outcomes = await asyncio.gather(*(deliver(*batch) for batch in batches))
    assert outcomes == [[Done()] * 20] * 2
    answers = {str(event["data"]) for event in await published()}
    assert len(answers) == 20
    assert await count(database, tables.assessment) == 20
    assert await count(database, tables.held_order) == 20


async def test_only_held_orders_are_kept(
    database: AsyncEngine,
    one_of_each: tuple[Order, Order, Order],
    receipt: Receipt,
    deliver: Deliver,
) -> None:
    approved, held, rejected = map(receipt, one_of_each)
    await deliver(approved, held, rejected)
    async with database.connect() as connection:
        kept = (await connection.execute(select(tables.held_order))).one()
    assert kept.order_id == held.data.order_id
    assert Order.model_validate(kept.order) == held.data.order


async def test_the_demo_rule_set_blocks_by_phone_and_address(
    works: WorkFactory, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    async with works.begin() as work:
        await demo.seed(work)
    phone = order.customer.model_copy(update={"phone": "+8613900000000"})
    masked = order.customer.model_copy(update={"phone": None})
    address = order.address.model_copy(update={"detail": "黑名单路 7 号"})
    changes = [{"customer": phone}, {"customer": masked}, {"address": address}, {}]
    await deliver(*(receipt(order.model_copy(update=change)) for change in changes))
    assert [(e["type"], e["data"].get("reasons")) for e in await published()] == [
        ("order.rejected.v1", ["blocked-phones:phone_blocked"]),
        ("order.held.v1", ["blocked-phones:phone_unknown"]),
        ("order.held.v1", ["blocked-addresses:address_blocked"]),
        ("order.approved.v1", None),
    ]


async def test_a_rule_set_activated_between_batches_decides_the_next_one(
    works: WorkFactory, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    await deliver(receipt(order))
    async with works.begin() as work:
        await demo.seed(work)
    await deliver(receipt(order))
    first, second = (event["data"]["ruleset"] for event in await published())
    assert first != second
    assert second == ruleset_id(demo.document().content())


async def test_without_an_active_rule_set_orders_wait(
    database: AsyncEngine, order: Order, receipt: Receipt, deliver: Deliver
) -> None:
    async with database.begin() as connection:
        await connection.execute(delete(tables.active_ruleset))
    assert await deliver(receipt(order)) == [Retry(0, "No rule set is active.")]
    assert await count(database, tables.assessment) == 0


async def test_a_rule_set_that_this_version_cannot_read_makes_orders_wait(
    database: AsyncEngine, order: Order, receipt: Receipt, deliver: Deliver
) -> None:
    document = '{"name": "later", "rules": [{"id": "x", "kind": "expression"}]}'
    later = hashlib.sha256(document.encode()).hexdigest()
    statement = text(
        "insert into risk.ruleset values (:id, cast(:document as jsonb), 'test', 'test', now())"
    )
    async with database.begin() as connection:
        await connection.execute(statement, {"id": later, "document": document})
        await connection.execute(
            text("update risk.active_ruleset set id = :id, changed_at = now()"), {"id": later}
        )
    (outcome,) = await deliver(receipt(order))
    assert isinstance(outcome, Retry)


@pytest.mark.parametrize("table", ["assessment", "ruleset", "ruleset_change"])
@pytest.mark.parametrize(
    "statement",
    ["update risk.{} set reason = 'x'", "delete from risk.{}", "truncate risk.{} cascade"],
)
async def test_history_cannot_be_changed(database: AsyncEngine, table: str, statement: str) -> None:
    column = "outcome" if table == "assessment" else "reason"
    changed = statement.format(table).replace("reason", column)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.begin() as connection:
            await connection.execute(text(changed))


async def test_personal_data_is_in_no_reason(
    database: AsyncEngine, works: WorkFactory, order: Order, receipt: Receipt, deliver: Deliver
) -> None:
    async with works.begin() as work:
        await demo.seed(work)
    customer = order.customer.model_copy(update={"phone": "+8613900000000"})
    address = order.address.model_copy(update={"detail": "黑名单路 7 号"})
    await deliver(receipt(order.model_copy(update={"customer": customer, "address": address})))
    async with database.connect() as connection:
        (reasons,) = (await connection.execute(select(tables.assessment.c.reasons))).scalars()
    assert [reason["detail"] for reason in reasons] == ["phones_sha256.0", "contains.0"]
