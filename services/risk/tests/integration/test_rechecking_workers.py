"""Workers that make up for checks at once, die, or cannot: each check exactly once all the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from common.clock import utc_now
from common.database.work import WorkFactory
from risk.domain.breaker import BreakerPolicy
from risk.domain.decision import Outcome
from risk.store import deferrals
from support.risk_scene import Scene, asks, order, receipt, rule, scene_on, skipped, told
from support.waiting import until_true


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def test_workers_at_once_make_up_for_each_check_exactly_once(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), asks("address"))
    doors = [scene.party.door(name) for name in ("score", "address")]
    for door in doors:
        door.fails()
    ids = await scene.worker().decide(*(order(1_000 + i) for i in range(60)))
    for door in doors:
        door.decides(lambda features: {"score": 500 - features["order.payable_minor"] % 2 * 400})
    before = [door.calls for door in doors]
    workers = [scene.worker() for _ in range(3)]
    while await scene.rows("select 1 from risk.deferred_check"):
        await asyncio.gather(*(worker.recheck() for worker in workers))

    assert all(d.calls - b <= len(ids) for d, b in zip(doors, before, strict=True))
    for i, order_id in enumerate(ids):
        results = await scene.rechecks(order_id)
        assert set(results) == {"score", "address"}
        last = (await scene.history(order_id))[-1]
        if i % 2:
            assert "against" in results.values()
            assert last.decision.outcome is Outcome.HELD
        else:
            assert set(results.values()) == {"clear"}
            assert (last.decision.outcome, last.decision.degraded) == (Outcome.APPROVED, ())
        numbers = [number for _, number in await told(scene, order_id)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert await scene.exposed() == {}
    assert await scene.rows("select * from risk.deferred_order") == []
    held = await scene.rows("select order_id from risk.held_order")
    assert {row["order_id"] for row in held} == set(ids[1::2])
    await scene.all_replay(*ids[:10])


async def test_who_dies_between_claim_and_decision_only_delays(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    async with scene.works.begin() as work:
        (claimed,) = await deferrals.claim(work.connection, work.now, 100)
    assert claimed.order_id == order_id
    assert (await worker.recheck()).claimed == 0  # somebody else has it, as far as anyone knows
    async with scene.works.begin() as work:
        after = utc_now() + timedelta(seconds=46)
        (again,) = await deferrals.claim(work.connection, after, 100)
    assert again.tries == 2
    await scene.come_due()
    await worker.recheck()
    assert await scene.rechecks(order_id) == {"score": "clear"}
    assert await told(scene, order_id) == [("order.approved.v1", 1), ("order.approved.v1", 2)]


async def test_a_worker_cancelled_while_it_asks_leaves_everything_as_it_was(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    door = scene.party.door("score")
    door.never_answers()
    before = door.calls
    dying = asyncio.ensure_future(worker.recheck())
    await until_true(lambda: door.calls > before)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await scene.deferred(order_id) == {"score": "failed"}
    assert await scene.exposed() == {("score", "CNY"): 4_080}
    door.answers(score=500)
    await scene.come_due()
    await scene.worker().recheck()
    assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_who_lost_its_claim_changes_nothing_any_more(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    slow, order_id = await skipped(scene, "score")
    door = scene.party.door("score")
    door.never_answers()
    before = door.calls
    async with asyncio.TaskGroup() as tasks:
        late = tasks.create_task(slow.recheck())
        await until_true(lambda: door.calls > before)
        await scene.come_due()  # its lease ran out
        other = tasks.create_task(scene.worker().recheck())
        await until_true(lambda: door.calls > before + 1)
        door.answers(score=500)
        await asyncio.gather(late, other)
    assert await scene.rechecks(order_id) == {"score": "clear"}
    assert await told(scene, order_id) == [("order.approved.v1", 1), ("order.approved.v1", 2)]
    assert await scene.exposed() == {}


async def test_a_check_made_up_for_by_the_rule_set_that_skipped_it(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").answers(score=250)
    await scene.put_in_force(asks("score", rule("strange", "result.score < 0")))
    await worker.recheck()
    first, second = await scene.history(order_id)
    assert second.ruleset == first.ruleset
    assert [reason.name for reason in second.decision.reasons] == ["score:low_score"]


async def test_a_rule_set_that_cannot_be_read_any_more_is_waited_for_until_the_deadline(
    scene: Scene,
) -> None:
    """A worker of an older version may claim what a newer one deferred."""
    await scene.put_in_force(asks("score"))
    _, order_id = await skipped(scene, "score")
    async with scene.works.engine.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.exec_driver_sql(
            "update risk.ruleset set document = '{\"format\": 99}' where author = 'tester'"
        )
    older = scene.worker()
    await older.recheck()
    assert await scene.deferred(order_id) == {"score": "failed"}
    assert len(await scene.history(order_id)) == 1
    await scene.come_due(deadline=True)
    await older.recheck()
    reasons = [reason.name for reason in (await scene.history(order_id))[-1].decision.reasons]
    assert reasons == ["score:unverified_at_deadline"]


async def test_an_order_whose_features_are_gone_is_flagged_at_its_deadline(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    await scene.change("delete from risk.feature_snapshot")
    await worker.recheck()
    assert await scene.deferred(order_id) == {"score": "failed"}
    await scene.come_due(deadline=True)
    await worker.recheck()
    (*_, event) = await scene.events(order_id)
    assert event["type"] == "order.flagged.v1"


async def test_the_recheck_finds_out_that_a_check_is_well_again(scene: Scene) -> None:
    opens = BreakerPolicy(
        calls_min=2, error_rate=1.0, busy_calls_min=1_000_000, probes=2, open_seconds=1e-6
    )
    await scene.put_in_force(asks("score"))
    worker = scene.worker(opens)
    door = scene.party.door("score")
    door.fails()
    first = await worker.decide(order(), order())
    door.answers(score=500)
    second = await worker.decide(order())  # half-open: orders do not probe
    assert await scene.deferred(second[0]) == {"score": "breaker_open"}
    await worker.recheck()
    (third,) = await worker.decide(order())
    assert await scene.deferred(third) == {}
    for order_id in (*first, *second):
        assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_a_check_forced_open_is_left_alone_by_the_recheck_too(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    calls = scene.party.door("score").calls
    for desk in worker.panel.desks.values():
        desk.breaker.force("open", 0.0)
    await worker.recheck()
    assert scene.party.door("score").calls == calls
    assert await scene.deferred(order_id) == {"score": "failed"}


async def test_the_recheck_waits_longer_than_orders_do(scene: Scene) -> None:
    await scene.put_in_force(asks("score", budget_ms=1, timeout_ms=30_000))
    door = scene.party.door("score")
    door.never_answers()
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    before = door.calls
    async with asyncio.TaskGroup() as tasks:
        rechecking = tasks.create_task(worker.recheck())
        await until_true(lambda: door.calls > before)
        door.answers(score=500)
        await rechecking
    assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_a_party_that_never_answers_the_recheck_costs_its_time_limit_only(
    scene: Scene,
) -> None:
    await scene.put_in_force(asks("score", budget_ms=0, timeout_ms=10))
    scene.party.door("score").never_answers()
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    assert (await worker.recheck()).claimed == 1
    assert await scene.deferred(order_id) == {"score": "asked_later"}


async def test_events_received_again_tell_the_decision_that_stands(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    scene.party.door("score").fails()
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    scene.party.door("score").answers(score=500)
    await worker.recheck()
    await worker.deliver(receipt(order(), order_id))
    assert await told(scene, order_id) == [
        ("order.approved.v1", 1),
        ("order.approved.v1", 2),
        ("order.approved.v1", 2),
    ]


async def test_several_orders_are_asked_about_at_once_within_the_slots(scene: Scene) -> None:
    await scene.put_in_force(asks("score", concurrency=16))
    door = scene.party.door("score")
    door.fails()
    worker = scene.worker()
    ids = await worker.decide(*(order(1_000 + i) for i in range(9)))
    door.never_answers()
    before = door.calls
    async with asyncio.TaskGroup() as tasks:
        rechecking = tasks.create_task(worker.recheck())
        await until_true(lambda: door.calls == before + 4)  # a quarter of the check's slots
        door.answers(score=500)
        assert (await rechecking).claimed == len(ids)
    for order_id in ids:
        assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_the_checks_of_one_order_do_not_wait_for_each_other(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), asks("address"))
    worker, order_id = await skipped(scene, "score", "address")
    doors = [scene.party.door(name) for name in ("score", "address")]
    before = [door.calls for door in doors]
    for door in doors:
        door.never_answers()
    async with asyncio.TaskGroup() as tasks:
        rechecking = tasks.create_task(worker.recheck())
        await until_true(lambda: all(d.calls > b for d, b in zip(doors, before, strict=True)))
        for door in doors:
            door.answers(score=500)
        await rechecking
    assert await scene.rechecks(order_id) == {"score": "clear", "address": "clear"}
