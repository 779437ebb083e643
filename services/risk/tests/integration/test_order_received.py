"""What risk does when orders arrive, on a real database."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.migrating import pending_changes
from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Done, Outcome, Retry
from risk.domain.assessment import Arm
from risk.domain.identity import ruleset_id
from risk.domain.release import STEPS, Step, arm_of
from risk.store import assessments, changes, tables
from risk.store.changes import Change
from risk.store.documents import RuleSetDocument
from risk.store.documents_v1 import RuleSetDocumentV1
from risk.use_cases import demo, releasing
from risk.use_cases.releasing import By
from risk.wiring import Parts

Receipt = Callable[..., Message[OrderReceived]]
Deliver = Callable[..., Awaitable[list[Outcome]]]
Published = Callable[[], Awaitable[list[dict[str, Any]]]]

TESTER = By("tester", "test")


def check(check_id: str, when: str, *, core: bool = True, **more: Any) -> dict[str, Any]:
    rules = [{"code": "against", "outcome": "hold", "when": when}]
    return {"id": check_id, "kind": "expression", "core": core, "rules": rules} | more


def written(name: str, *checks: dict[str, Any], **more: Any) -> RuleSetDocument:
    content = {"format": 2, "name": name, "checks": list(checks)}
    return RuleSetDocument.model_validate(content | more)


async def activate(works: WorkFactory, document: RuleSetDocument | RuleSetDocumentV1) -> str:
    async with works.begin() as work:
        wanted = await releasing.publish(work, document, author="tester", reason="test")
        await releasing.activate(work, wanted, TESTER)
    return wanted


async def promote(works: WorkFactory, document: RuleSetDocument, step: Step) -> Change:
    async with works.begin() as work:
        wanted = await releasing.publish(work, document, author="tester", reason="test")
        return await releasing.promote(work, wanted, TESTER, step=step, force=True)


def costing(order: Order, payable_minor: int) -> Order:
    amounts = order.amounts.model_copy(update={"payable_minor": payable_minor})
    return order.model_copy(update={"amounts": amounts})


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
    document = RuleSetDocumentV1.model_validate(row.document)
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
    await activate(works, RuleSetDocumentV1(name="nobody", rules=[]))

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
    sealed = masked.model_copy(update={"receiver_token": "oaid"})
    address = order.address.model_copy(update={"detail": "黑名单路 7 号"})
    others: list[dict[str, Any]] = [
        {"customer": phone},
        {"customer": masked},
        {"address": address},
        {"customer": sealed},
        {"customer": masked, "delivery": "in_store"},
        {},
    ]
    await deliver(*(receipt(order.model_copy(update=other)) for other in others))
    assert [(e["type"], e["data"].get("reasons")) for e in await published()] == [
        ("order.rejected.v1", ["blocked-phones:phone_blocked"]),
        ("order.held.v1", ["blocked-phones:unanswered"]),
        ("order.held.v1", ["blocked-addresses:address_blocked"]),
        ("order.approved.v1", None),
        ("order.approved.v1", None),
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


UNREADABLE = {"name": "later", "rules": [{"id": "x", "kind": "horoscope"}]}


async def put_in_force(database: AsyncEngine, document: dict[str, Any]) -> str:
    """Do so as another version would, which can read it."""
    later = ruleset_id(document)
    row = {
        "id": later,
        "document": document,
        "author": "later",
        "reason": "later",
        "created_at": utc_now(),
    }
    async with database.begin() as connection:
        await connection.execute(insert(tables.ruleset).values(row))
        now = await changes.in_force(connection)
        assert now is not None
        release = replace(now.release, stable=later)
        await changes.make(connection, replace(now, id=new_id(), release=release, before=now.id))
    return later


async def test_a_rule_set_that_this_version_cannot_read_does_not_stop_a_worker(
    database: AsyncEngine,
    parts: Parts,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    await deliver(receipt(order))
    later = await put_in_force(database, UNREADABLE)
    assert await deliver(receipt(order)) == [Done()]
    first, second = (event["data"]["ruleset"] for event in await published())
    assert first == second != later
    assert parts.rules.in_force is not None
    assert later in str(parts.rules.in_force.trouble)


async def test_a_worker_that_begins_with_such_a_rule_set_goes_back_to_one_it_can_read(
    database: AsyncEngine, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    async with database.connect() as connection:
        before = await changes.in_force(connection)
    assert before is not None
    await put_in_force(database, UNREADABLE)
    await put_in_force(database, UNREADABLE | {"name": "even later"})
    assert await deliver(receipt(order)) == [Done()]
    assert (await published())[0]["data"]["ruleset"] == before.release.stable


async def test_where_no_rule_set_can_be_read_orders_wait(
    database: AsyncEngine, order: Order, receipt: Receipt, deliver: Deliver
) -> None:
    await put_in_force(database, UNREADABLE)
    async with database.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))
        await connection.execute(
            text("delete from risk.ruleset_change where changed_by = 'sluice' and before is null")
        )
    (outcome,) = await deliver(receipt(order))
    assert isinstance(outcome, Retry)
    assert await count(database, tables.assessment) == 0


async def test_a_core_check_that_cannot_tell_holds_the_order_until_it_is_made_up_for(
    database: AsyncEngine,
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    await activate(works, written("core", check("device", "device.orders_1h > 3")))
    message = receipt(order)
    await deliver(message)
    (event,) = await published()
    assert (event["type"], event["data"]["reasons"]) == ("order.held.v1", ["device:unanswered"])
    async with database.connect() as connection:
        left = (await connection.execute(select(tables.deferred_check))).one()
        kept = (await connection.execute(select(tables.deferred_order))).one()
    assert (left.order_id, left.check, left.exposed_minor) == (message.data.order_id, "device", 0)
    assert left.cause == "missing:device.orders_1h"
    assert Order.model_validate(kept.order) == order
    assert kept.correlation_id == message.correlation_id


async def test_another_check_that_cannot_tell_is_named_in_the_approval_and_made_up_for(
    database: AsyncEngine,
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    device = check("device", "device.orders_1h > 3", core=False, deadline_seconds=90)
    await activate(works, written("extra", device, await_recheck_above_minor={"CNY": 4_080}))
    dearer = costing(order, 4_081)
    known = order.model_copy(update={"device": "d" * 32})
    await deliver(*map(receipt, (order, dearer, known)))
    events = [event["data"] for event in await published()]
    assert [(e["degraded"], e["await_recheck"]) for e in events] == [
        (["device"], False),
        (["device"], True),
        ([], False),
    ]
    async with database.connect() as connection:
        left = (await connection.execute(select(tables.deferred_check))).all()
        exposed = (await connection.execute(select(tables.exposure))).one()
    assert sorted(row.exposed_minor for row in left) == [4_080, 4_081]
    assert {(row.deadline - row.deferred_at).total_seconds() for row in left} == {90}
    assert (exposed.check, exposed.currency, exposed.exposed_minor) == ("device", "CNY", 8_161)


async def test_above_its_cap_a_check_that_cannot_tell_holds_the_order(
    database: AsyncEngine,
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    capped = check("device", "device.orders_1h > 3", core=False, exposure_cap_minor={"CNY": 10_000})
    await activate(works, written("capped", capped))
    await deliver(receipt(order), receipt(costing(order, 5_921)), receipt(order))
    await deliver(receipt(order), receipt(order.model_copy(update={"currency": "USD"})))
    approved, held = ("order.approved.v1", None), ("order.held.v1", ["device:over_exposure_cap"])
    events = await published()
    assert [(e["type"], e["data"].get("reasons")) for e in events] == [
        approved,
        held,
        approved,
        held,
        held,
    ]
    async with database.connect() as connection:
        (exposed,) = (
            await connection.execute(
                select(tables.exposure.c.exposed_minor).where(tables.exposure.c.currency == "CNY")
            )
        ).scalars()
    assert exposed == 8_160
    assert await count(database, tables.deferred_check) == 5


async def test_workers_at_once_do_not_exceed_a_cap_together(
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
) -> None:
    capped = check(
        "device", "device.orders_1h > 3", core=False, exposure_cap_minor={"CNY": 5 * 4_080}
    )
    await activate(works, written("capped", capped))
    await asyncio.gather(*(deliver(*(receipt(order) for _ in range(3))) for _ in range(4)))
    found = types(await published())
    assert (found.count("order.approved.v1"), found.count("order.held.v1")) == (5, 7)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_each_order_is_decided_by_the_rule_set_of_its_arm(
    works: WorkFactory,
    order: Order,
    receipt: Receipt,
    deliver: Deliver,
    published: Published,
    step: Step,
) -> None:
    change = await promote(works, written("strict", check("any", "true")), step)
    messages = [receipt(order) for _ in range(60)]
    await deliver(*messages)
    await deliver(*messages[::-1])
    events = [event["data"] for event in await published()]
    assert len(events) == len(messages)
    async with works.begin() as work:
        stored = await assessments.latest(work.connection, [m.data.order_id for m in messages])
    for message, event in zip(messages, events, strict=True):
        order_id = message.data.order_id
        arm = arm_of(order_id, change.release)
        release = change.release
        by = release.candidate if arm is Arm.CANARY else release.stable
        assert (event["order_id"], event["ruleset"]) == (str(order_id), by)
        assert (stored[order_id].arm, stored[order_id].ruleset) == (arm, by)
        assert event.get("reasons") == (["any:against"] if arm is Arm.CANARY else None)
    if step.percent == STEPS[-1].percent:
        assert {each.arm for each in stored.values()} == {*Arm}


async def test_an_order_keeps_its_decision_when_its_canary_is_taken_back(
    works: WorkFactory, order: Order, receipt: Receipt, deliver: Deliver, published: Published
) -> None:
    await promote(works, written("strict", check("any", "true")), STEPS[-1])
    messages = [receipt(order) for _ in range(20)]
    await deliver(*messages)
    async with works.begin() as work:
        await releasing.abort(work, TESTER)
    await deliver(*(receipt(order, m.data.order_id) for m in messages))
    events = [event["data"] for event in await published()]
    assert events[20:] == events[:20]


@pytest.mark.parametrize(
    "table",
    [
        "assessment",
        "ruleset",
        "ruleset_change",
        "recheck",
        "missed_hold",
        "breaker_change",
        "measurement",
    ],
)
@pytest.mark.parametrize(
    "statement",
    ["update risk.{} set reason = 'x'", "delete from risk.{}", "truncate risk.{} cascade"],
)
async def test_history_cannot_be_changed(database: AsyncEngine, table: str, statement: str) -> None:
    columns = {
        "assessment": "outcome",
        "recheck": "result",
        "missed_hold": "state",
        "breaker_change": "cause",
        "measurement": "measured_by",
    }
    column = columns.get(table, "reason")
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
    assert [reason["check"] for reason in reasons] == ["blocked-phones", "blocked-addresses"]
    told = [reason["detail"] for reason in reasons]
    assert ["lists.phones.0" in told[0], "lists.addresses.0" in told[1]] == [True, True]
    fingerprint = hashlib.sha256(b"+8613900000000").hexdigest()
    for personal in (fingerprint, "13900000000", "黑名单路", "张三"):
        assert personal not in str(reasons)
