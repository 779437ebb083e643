"""Checks that were skipped are made up for: each exactly once, and before its deadline."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.database.work import WorkFactory
from risk.domain.assessment import AUTOMATIC, Verdict
from risk.domain.decision import Outcome
from risk.use_cases.reviewing import review
from support.risk_scene import Scene, asks, inline, rule, scene_on, skipped, told
from support.waiting import until_true

LARGE = rule("large", "order.payable_minor > 500000")
REFUSED = rule("refused", "result.score < 100", "reject")
LOW = rule("low_score", "result.score < 300")


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def test_a_check_that_is_clear_in_the_end_verifies_the_order(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), inline("amount", LARGE))
    worker, order_id = await skipped(scene, "score")
    assert await scene.exposed() == {("score", "CNY"): 4_080}

    done = await worker.recheck()

    assert done.claimed == 1
    assert [announced.type for announced in done.announced] == ["order.approved.v1"]
    assert await told(scene, order_id) == [("order.approved.v1", 1), ("order.approved.v1", 2)]
    first, second = await scene.events(order_id)
    assert first["data"]["degraded"] == ["score"]
    assert second["data"]["degraded"] == []
    assert second["data"]["order"] == first["data"]["order"]
    assert second["correlation_id"] == first["correlation_id"]
    assert await scene.rechecks(order_id) == {"score": "clear"}
    assert await scene.rows("select * from risk.deferred_check") == []
    assert await scene.rows("select * from risk.deferred_order") == []
    assert await scene.exposed() == {}
    assert (await worker.recheck()).claimed == 0
    await scene.all_replay(order_id)


async def test_a_check_that_speaks_against_an_approved_order_flags_it(scene: Scene) -> None:
    await scene.put_in_force(asks("score", REFUSED, LOW))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").answers(score=50)
    await worker.recheck()

    _, event = await scene.events(order_id)
    assert event["type"] == "order.flagged.v1"
    assert event["data"]["reasons"] == ["score:refused"]
    assert event["data"]["decision_no"] == 2
    held = await scene.rows("select order_id, decision_no from risk.held_order")
    assert held == [{"order_id": order_id, "decision_no": 2}]
    first, second = await scene.history(order_id)
    assert (first.decision.outcome, second.decision.outcome) == (Outcome.APPROVED, Outcome.HELD)
    assert second.decided_by == AUTOMATIC
    assert second.ruleset == first.ruleset
    assert await scene.rechecks(order_id) == {"score": "against"}
    assert await scene.exposed() == {}
    assert await scene.rows("select * from risk.deferred_order") == []
    await scene.all_replay(order_id)


async def test_what_does_not_answer_again_is_tried_later(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").fails()
    await worker.recheck()
    assert await scene.deferred(order_id) == {"score": "failed"}
    (row,) = await scene.rows("select tries, next_try_at, deadline from risk.deferred_check")
    assert row["tries"] == 1
    assert row["next_try_at"] <= row["deadline"]
    assert (await worker.recheck()).claimed == 0  # not due yet
    assert await told(scene, order_id) == [("order.approved.v1", 1)]
    scene.party.door("score").answers(score=500)
    await scene.come_due()
    await worker.recheck()
    assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_a_check_that_was_not_made_up_for_in_time_flags_the_order(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").fails()
    await scene.come_due(deadline=True)
    await worker.recheck()
    _, event = await scene.events(order_id)
    assert event["type"] == "order.flagged.v1"
    assert event["data"]["reasons"] == ["score:unverified_at_deadline"]
    assert await scene.rechecks(order_id) == {"score": "expired"}
    assert await scene.exposed() == {}
    assert (await worker.recheck()).claimed == 0
    await scene.all_replay(order_id)


async def test_an_answer_counts_after_the_deadline_too(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    await scene.come_due(deadline=True)
    await worker.recheck()
    assert await told(scene, order_id) == [("order.approved.v1", 1), ("order.approved.v1", 2)]
    assert await scene.rechecks(order_id) == {"score": "clear"}


async def test_a_check_that_cannot_tell_is_tried_once_more_at_its_deadline_and_flags(
    scene: Scene,
) -> None:
    await scene.put_in_force(inline("phone", rule("x", "phone.orders_1h > 3"), core=False))
    worker, order_id = await skipped(scene)
    assert await scene.deferred(order_id) == {"phone": "missing:phone.orders_1h"}
    await worker.recheck()
    (row,) = await scene.rows("select next_try_at = deadline as last from risk.deferred_check")
    assert row["last"]  # the same features give the same answer
    await scene.come_due(deadline=True)
    await worker.recheck()
    _, event = await scene.events(order_id)
    assert event["data"]["reasons"] == ["phone:unverified_at_deadline"]
    await scene.all_replay(order_id)


async def test_an_order_held_for_want_of_an_answer_alone_is_released_by_itself(
    scene: Scene,
) -> None:
    await scene.put_in_force(asks("score", core=True))
    worker, order_id = await skipped(scene, "score")
    assert len(await scene.rows("select * from risk.held_order")) == 1
    await worker.recheck()
    assert await told(scene, order_id) == [("order.held.v1", 1), ("order.approved.v1", 2)]
    assert await scene.rows("select * from risk.held_order") == []
    assert await scene.exposed() == {}
    await scene.all_replay(order_id)


async def test_an_order_held_for_want_of_an_answer_may_be_rejected_by_it(scene: Scene) -> None:
    await scene.put_in_force(asks("score", REFUSED, core=True))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").answers(score=50)
    await worker.recheck()
    assert await told(scene, order_id) == [("order.held.v1", 1), ("order.rejected.v1", 2)]
    assert await scene.rows("select * from risk.held_order") == []
    assert await scene.rows("select * from risk.deferred_order") == []
    await scene.all_replay(order_id)


async def test_a_hold_without_an_answer_at_the_deadline_stays_with_a_person(scene: Scene) -> None:
    await scene.put_in_force(asks("score", core=True))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").fails()
    await scene.come_due(deadline=True)
    await worker.recheck()
    held = await scene.rows("select decision_no from risk.held_order")
    assert held == [{"decision_no": 2}]
    assert await told(scene, order_id) == [("order.held.v1", 1), ("order.flagged.v1", 2)]
    await scene.all_replay(order_id)


async def test_an_order_a_person_has_to_see_is_not_released_by_a_check(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), inline("amount", LARGE))
    worker, order_id = await skipped(scene, "score", payable_minor=600_000)
    (event,) = await scene.events(order_id)
    assert event["data"]["reasons"] == ["amount:large"]
    assert await scene.deferred(order_id) == {"score": "failed"}
    assert await scene.exposed() == {}  # held: nothing is at risk

    await worker.recheck()

    assert len(await scene.rows("select * from risk.held_order")) == 1
    assert (await scene.history(order_id))[-1].decision.outcome is Outcome.HELD
    assert (await scene.history(order_id))[-1].decision.degraded == ()
    assert await scene.rechecks(order_id) == {"score": "clear"}
    assert await scene.rows("select * from risk.deferred_order") == []
    await scene.all_replay(order_id)


async def test_a_held_order_is_held_for_one_reason_more(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), inline("amount", LARGE))
    worker, order_id = await skipped(scene, "score", payable_minor=600_000)
    scene.party.door("score").answers(score=250)
    await worker.recheck()
    reasons = [reason.name for reason in (await scene.history(order_id))[-1].decision.reasons]
    assert reasons == ["amount:large", "score:low_score"]
    held = await scene.rows("select decision_no from risk.held_order")
    assert held == [{"decision_no": 2}]
    await scene.all_replay(order_id)


async def test_an_order_that_is_rejected_anyway_leaves_nothing_to_make_up_for(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), inline("amount", LARGE | {"outcome": "reject"}))
    _, order_id = await skipped(scene, "score", payable_minor=600_000)
    assert await scene.deferred(order_id) == {}
    assert await scene.exposed() == {}


async def test_two_checks_that_are_made_up_for_at_different_times(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), asks("address"))
    worker, order_id = await skipped(scene, "score", "address")
    scene.party.door("address").fails()
    await worker.recheck()
    second = (await scene.history(order_id))[-1]
    assert (second.decision_no, second.decision.degraded) == (2, ("address",))
    assert await scene.exposed() == {("address", "CNY"): 4_080}

    scene.party.door("address").answers(score=500)
    await scene.come_due()
    await worker.recheck()
    third = (await scene.history(order_id))[-1]
    assert (third.decision_no, third.decision.degraded) == (3, ())
    assert await scene.exposed() == {}
    assert [t for t, _ in await told(scene, order_id)] == ["order.approved.v1"] * 3
    assert scene.party.door("score").calls == 2  # asked again once, not with the other
    await scene.all_replay(order_id)


async def test_one_check_against_settles_the_other_that_is_still_open(scene: Scene) -> None:
    await scene.put_in_force(asks("score"), asks("address"))
    worker, order_id = await skipped(scene, "score", "address")
    scene.party.door("score").answers(score=1)
    scene.party.door("address").fails()
    await worker.recheck()
    assert await scene.rechecks(order_id) == {"score": "against", "address": "moot"}
    assert await scene.deferred(order_id) == {}
    assert await scene.exposed() == {}
    assert await told(scene, order_id) == [("order.approved.v1", 1), ("order.flagged.v1", 2)]
    await scene.all_replay(order_id)


async def test_core_and_other_checks_made_up_for_one_after_the_other(scene: Scene) -> None:
    await scene.put_in_force(asks("score", core=True), asks("address"))
    worker, order_id = await skipped(scene, "score", "address")
    scene.party.door("address").fails()
    await worker.recheck()  # the core check is clear; the other one is still open
    assert (await scene.history(order_id))[-1].decision.outcome is Outcome.HELD
    scene.party.door("address").answers(score=500)
    await scene.come_due()
    await worker.recheck()
    assert (await scene.history(order_id))[-1].decision.outcome is Outcome.APPROVED
    assert await scene.rows("select * from risk.held_order") == []
    assert await scene.rows("select * from risk.deferred_order") == []
    await scene.all_replay(order_id)


@pytest.mark.parametrize("verdict", [Outcome.APPROVED, Outcome.REJECTED])
async def test_a_person_who_decides_meanwhile_has_the_last_word(
    scene: Scene, verdict: Outcome
) -> None:
    await scene.put_in_force(asks("score", core=True), asks("address"))
    worker, order_id = await skipped(scene, "score", "address")
    door = scene.party.door("score")
    door.never_answers()
    async with asyncio.TaskGroup() as tasks:
        before = door.calls
        rechecking = tasks.create_task(worker.recheck())
        await until_true(lambda: door.calls > before)
        async with scene.works.begin() as work:
            said = Verdict(outcome=verdict, text="seen", reviewer="reviewer")
            assert await review(work, order_id, said, None) is not None
        door.answers(score=1)
        await rechecking
    history = await scene.history(order_id)
    assert [each.decision.outcome for each in history] == [Outcome.HELD, verdict]
    assert history[-1].decided_by == "reviewer"
    assert await scene.rechecks(order_id) == {"score": "moot", "address": "moot"}
    assert await scene.rows("select * from risk.deferred_order") == []
    assert await scene.exposed() == {}
    await scene.all_replay(order_id)


async def test_what_a_person_decided_stands_where_something_is_left_to_make_up_for(
    scene: Scene,
) -> None:
    await scene.put_in_force(asks("score", core=True))
    worker, order_id = await skipped(scene, "score")
    (left,) = await scene.rows("select * from risk.deferred_check")
    async with scene.works.begin() as work:
        said = Verdict(outcome=Outcome.APPROVED, text="seen", reviewer="reviewer")
        await review(work, order_id, said, None)
    columns = ", ".join(f'"{name}"' for name in left)
    given = ", ".join(f":{name}" for name in left)
    again = left | {"decision_no": 2}  # as if it had been deferred anew
    await scene.change(f"insert into risk.deferred_check ({columns}) values ({given})", **again)
    await worker.recheck()
    assert (await scene.history(order_id))[-1].decided_by == "reviewer"
    assert await scene.rows("select * from risk.deferred_check") == []
    assert len(await scene.events(order_id)) == 2


async def test_a_flagged_order_that_a_person_approves_goes_on(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker, order_id = await skipped(scene, "score")
    scene.party.door("score").answers(score=1)
    await worker.recheck()
    async with scene.works.begin() as work:
        said = Verdict(outcome=Outcome.APPROVED, text="seen", reviewer="reviewer")
        await review(work, order_id, said, None)
    assert await told(scene, order_id) == [
        ("order.approved.v1", 1),
        ("order.flagged.v1", 2),
        ("order.approved.v1", 3),
    ]
    await scene.all_replay(order_id)
