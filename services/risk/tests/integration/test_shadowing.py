"""A candidate in shadow decides what was decided already, and nobody notices but its figures."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from common.clock import utc_now
from common.database.work import WorkFactory
from risk.domain.health import Figures
from risk.domain.release import STEPS
from risk.store import changes, figures
from support.risk_scene import Scene, asks, document, inline, order, rule, scene_on

LARGE = rule("large", "order.payable_minor > 500000")
MIDDLING = rule("middling", "order.payable_minor > 1000")


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def shadows(scene: Scene) -> dict[str, dict[str, Any]]:
    rows = await scene.rows("select * from risk.shadow_decision")
    return {str(row["order_id"]): row for row in rows}


async def everything_decided(scene: Scene) -> list[list[dict[str, Any]]]:
    tables = ("assessment", "held_order", "deferred_check", "exposure", "event_log", "velocity")
    return [
        await scene.rows(f"select t::text from risk.{table} t order by t::text") for table in tables
    ]


async def figures_of(scene: Scene, candidate: str) -> Figures:
    async with scene.works.engine.connect() as connection:
        since = utc_now() - timedelta(hours=1)
        return await figures.shadowed(connection, candidate, since)


async def test_a_shadow_changes_no_decision_and_announces_nothing(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(inline("amount", LARGE), asks("score"))
    scene.party.door("address").answers(score=1)
    candidate = await scene.try_out(document(inline("amount", MIDDLING), asks("address")))
    worker = scene.worker()
    ids = await worker.decide(order(500), order(2_000), order(600_000))
    before = await everything_decided(scene)

    assert await worker.shadow() == 3

    assert await everything_decided(scene) == before
    made = await shadows(scene)
    assert {row["ruleset"] for row in made.values()} == {candidate}
    names = [[r["check"] for r in made[str(i)]["reasons"]] for i in ids]
    assert names == [["address"], ["amount", "address"], ["amount", "address"]]
    assert {row["outcome"] for row in made.values()} == {"held"}


async def test_a_shadow_asks_only_what_the_stable_rule_set_did_not_ask(scene: Scene) -> None:
    score, address = scene.party.door("score"), scene.party.door("address")
    score.decides(lambda f: {"score": 100 if f["order.payable_minor"] > 1_000 else 500})
    address.answers(score=500)
    await scene.put_in_force(asks("score"))
    stricter = asks("score", rule("low_score", "result.score < 300", "reject"))
    await scene.try_out(document(stricter, asks("address")))
    worker = scene.worker()
    good, bad = await worker.decide(order(500), order(2_000))
    assert (score.calls, address.calls) == (2, 0)
    await worker.shadow()
    assert (score.calls, address.calls) == (2, 2)
    made = await shadows(scene)
    assert made[str(good)]["outcome"] == "approved"
    assert made[str(bad)]["outcome"] == "rejected"


async def test_what_the_stable_rule_set_got_no_answer_to_has_none_in_the_shadow_either(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    candidate = await scene.try_out(document(asks("score"), inline("amount", LARGE)))
    worker = scene.worker()
    await worker.decide(order(), order())
    await worker.shadow()
    assert door.calls == 2
    found = await figures_of(scene, candidate)
    assert (found.orders, found.unanswered) == (2, 2)


async def test_a_check_that_only_the_candidate_has_may_fail_in_the_shadow(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    scene.party.door("score").never_answers()
    candidate = await scene.try_out(document(asks("score", budget_ms=1)))
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    await worker.shadow()
    (row,) = (await shadows(scene)).values()
    assert (row["outcome"], row["unanswered"]) == ("approved", 1)
    assert (await figures_of(scene, candidate)).unanswered == 1
    assert await scene.deferred(order_id) == {}


async def test_each_order_is_shadowed_once_however_many_workers_do(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    candidate = await scene.try_out(document(asks("score"), inline("amount", MIDDLING)))
    door = scene.party.door("score")
    door.answers(score=500)
    workers = [scene.worker() for _ in range(3)]
    await workers[0].decide(*(order(amount) for amount in range(991, 1_011)))
    done = 0
    while len(await shadows(scene)) < 20:
        done += sum(await asyncio.gather(*(worker.shadow() for worker in workers)))
    assert done == 20
    assert door.calls == 20
    assert [await worker.shadow() for worker in workers] == [0, 0, 0]
    found = await figures_of(scene, candidate)
    assert (found.orders, found.held, found.rejected) == (20, 10, 0)


async def test_orders_decided_before_the_candidate_came_are_left_alone(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    worker = scene.worker()
    await worker.decide(order())
    await scene.try_out(document(inline("amount", MIDDLING)))
    assert await worker.shadow() == 0
    (later,) = await worker.decide(order())
    assert await worker.shadow() == 1
    assert set(await shadows(scene)) == {str(later)}


async def test_an_order_that_was_made_up_for_meanwhile_is_shadowed_with_what_is_known_now(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    await scene.try_out(document(asks("score"), inline("amount", LARGE)))
    worker = scene.worker()
    await worker.decide(order())
    door.answers(score=100)
    await worker.recheck()
    await worker.shadow()
    (row,) = (await shadows(scene)).values()
    assert (row["outcome"], row["unanswered"]) == ("held", 0)


@pytest.mark.parametrize("step", [None, STEPS[1], STEPS[3]])
async def test_only_a_candidate_in_shadow_is_shadowed(scene: Scene, step: Any) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    if step is not None:
        await scene.try_out(document(inline("amount", MIDDLING)), step)
    worker = scene.worker()
    await worker.decide(order())
    assert await worker.shadow() == 0
    assert await shadows(scene) == {}


async def test_an_order_of_which_nothing_is_known_is_not_looked_at_for_ever(
    scene: Scene,
) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    await scene.try_out(document(inline("amount", MIDDLING)))
    worker = scene.worker()
    await worker.decide(order())
    await scene.change("delete from risk.feature_snapshot")
    assert await worker.shadow() == 0
    (later,) = await worker.decide(order())
    assert await worker.shadow() == 1
    assert set(await shadows(scene)) == {str(later)}


async def test_old_shadows_are_dropped(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    await scene.try_out(document(inline("amount", MIDDLING)))
    worker = scene.worker()
    await worker.decide(order())
    await worker.shadow()
    await scene.change("update risk.shadow_decision set decided_at = now() - interval '16 days'")
    async with scene.works.engine.connect() as connection:
        before = await changes.in_force(connection)
    assert before is not None
    (later,) = await worker.decide(order())
    await worker.shadow()
    await worker.report()  # keeps house, too
    assert str(later) in await shadows(scene)
    kept = await scene.rows(
        "select 1 from risk.shadow_decision where decided_at < now() - interval '15 days'"
    )
    assert kept == []
