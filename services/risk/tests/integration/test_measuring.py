"""The gate and the backtest: what is slow is named, and what would change is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from common.database.work import WorkFactory
from risk.domain.features import FEATURES
from risk.store import baselines, measurements
from risk.store.measurements import Measurement
from risk.use_cases import measuring
from risk.use_cases.panel import SLOW_FLOOR_SECONDS
from risk.use_cases.timing import SLOW_CALLS
from support.risk_scene import Scene, asks, document, inline, order, rule, scene_on

LARGE = rule("large", "order.payable_minor > 500000")
TELLING_EACH_CALL = SLOW_CALLS + 1
"""The first one pays for the connection and is not counted."""


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def measure(scene: Scene, content: dict[str, Any]) -> Measurement:
    ruleset = await scene.publish(content)
    worker = scene.worker()
    parties = worker.parts.parties
    made = await measuring.measure(scene.works, worker.rules, parties, ruleset, "releaser")
    assert made is not None
    assert (made.ruleset, made.measured_by) == (ruleset, "releaser")
    async with scene.works.engine.connect() as connection:
        (stored,) = await measurements.page(connection, ruleset, 10)
    assert stored == made
    return made


async def test_a_check_over_its_budget_is_refused_by_name(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    door.pauses_seconds = 0.02
    stable = await scene.put_in_force(inline("amount", LARGE))
    made = await measure(scene, document(inline("amount", LARGE), asks("score", budget_ms=1)))
    assert not made.passed
    assert made.against == stable
    assert made.report["culprit"] == "score"
    assert "its budget is 1 ms" in made.report["told"]
    assert door.calls == TELLING_EACH_CALL


async def test_a_check_that_fails_is_refused_by_name(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(inline("amount", LARGE))
    made = await measure(scene, document(asks("score", budget_ms=0)))
    assert not made.passed
    assert made.report["culprit"] == "score"
    assert made.report["told"] == f"score failed in {SLOW_CALLS} of {SLOW_CALLS} calls"


async def test_a_check_that_never_answers_is_refused_at_its_time_limit(scene: Scene) -> None:
    scene.party.door("score").never_answers()
    await scene.put_in_force(inline("amount", LARGE))
    made = await measure(scene, document(asks("score", budget_ms=0, timeout_ms=10)))
    assert not made.passed
    assert made.report["culprit"] == "score"


async def test_a_check_that_orders_do_not_wait_for_may_take_its_time(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    door.pauses_seconds = 0.02
    await scene.put_in_force(inline("amount", LARGE))
    made = await measure(scene, document(asks("score", budget_ms=0)))
    assert made.report["culprit"] != "score"
    (told,) = made.report["candidate"]["checks"]
    assert (told["calls"], told["failed"]) == (SLOW_CALLS, 0)
    assert told["p50_seconds"] >= 0.02


async def test_a_check_that_both_have_is_asked_for_both_at_once(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    await scene.put_in_force(asks("score"))
    made = await measure(scene, document(asks("score"), inline("amount", LARGE)))
    assert door.calls == TELLING_EACH_CALL
    (mine, *_), (theirs,) = (
        [c for c in made.report[which]["checks"] if c["check"] == "score"]
        for which in ("candidate", "stable")
    )
    assert mine == theirs


async def test_what_is_measured_is_what_slow_is_compared_with_from_then_on(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    await scene.put_in_force(inline("amount", LARGE))
    content = document(asks("score"), inline("amount", LARGE))
    await measure(scene, content)
    async with scene.works.engine.connect() as connection:
        known = await baselines.all_of(connection)
    await scene.put_in_force(asks("score"), inline("amount", LARGE))
    worker = scene.worker()
    await worker.decide(order())
    (desk,) = [d for d in worker.panel.desks.values() if d.check.id == "score"]
    wanted = max(3 * known[desk.check.fingerprint], SLOW_FLOOR_SECONDS)
    assert desk.breaker.explain(0.0).slow_after_seconds == pytest.approx(wanted)


async def test_what_failed_calls_took_is_no_baseline(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(inline("amount", LARGE))
    await measure(scene, document(asks("score")))
    rows = await scene.rows('select "check" from risk.baseline')
    assert "score" not in [row["check"] for row in rows]


async def test_a_second_measurement_replaces_the_baseline_and_keeps_the_first_report(
    scene: Scene,
) -> None:
    scene.party.door("score").answers(score=500)
    await scene.put_in_force(inline("amount", LARGE))
    ruleset = await scene.publish(document(asks("score")))
    worker = scene.worker()
    for _ in range(2):
        await measuring.measure(
            scene.works, worker.rules, worker.parts.parties, ruleset, "releaser"
        )
    assert len(await scene.rows("select 1 from risk.measurement")) == 2
    rows = await scene.rows("select calls from risk.baseline where \"check\" = 'score'")
    assert rows == [{"calls": SLOW_CALLS}]


async def test_the_backtest_tells_what_would_be_decided_otherwise(scene: Scene) -> None:
    """Eight orders by hand: three go another way, in two directions."""
    stable = inline(
        "amount",
        rule("huge", "order.payable_minor > 9000", "reject"),
        rule("large", "order.payable_minor > 5000"),
    )
    await scene.put_in_force(stable)
    amounts = (1_000, 2_000, 4_000, 4_500, 6_000, 7_000, 9_500)
    worker = scene.worker()
    ids = await worker.decide(*(order(amount) for amount in amounts), order(1, currency="USD"))
    candidate = inline("amount", rule("middling", "order.payable_minor > 3000"))
    made = await measure(scene, document(candidate))

    drift = made.report["drift"]
    assert (drift["orders"], drift["changed"], drift["incomplete"]) == (8, 3, 0)
    moves = {(m["was"], m["now"]): m for m in drift["moves"]}
    assert set(moves) == {("approved", "held"), ("rejected", "held")}
    held = moves["approved", "held"]
    assert (held["orders"], held["amounts_minor"]) == (2, {"CNY": 8_500})
    assert held["reasons"] == {"amount:middling": 2}
    assert set(held["examples"]) == {str(ids[2]), str(ids[3])}
    back = moves["rejected", "held"]
    assert (back["orders"], back["amounts_minor"]) == (1, {"CNY": 9_500})
    assert back["examples"] == [str(ids[6])]
    assert made.report["snapshots"] == 8


async def test_a_rule_set_that_says_the_same_changes_nothing(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    await scene.worker().decide(*(order(amount) for amount in (1, 600_000)))
    made = await measure(scene, document(inline("amount", LARGE), name="the same"))
    drift = made.report["drift"]
    assert (drift["orders"], drift["changed"], drift["moves"]) == (2, 0, [])


async def test_the_backtest_uses_what_was_answered_and_asks_nobody(scene: Scene) -> None:
    door = scene.party.door("score")
    door.decides(lambda f: {"score": f["order.payable_minor"]})
    await scene.put_in_force(asks("score"))
    await scene.worker().decide(*(order(amount) for amount in (200, 290, 350, 400)))
    door.answers(score=0)
    before = door.calls
    made = await measure(scene, document(asks("score", rule("low", "result.score < 380"))))
    assert door.calls == before + TELLING_EACH_CALL  # the gate's, none for an order
    drift = made.report["drift"]
    assert (drift["orders"], drift["changed"], drift["incomplete"]) == (4, 1, 0)


async def test_what_only_an_outside_answer_could_tell_is_counted_and_not_guessed(
    scene: Scene,
) -> None:
    scene.party.door("score").answers(score=0)
    await scene.put_in_force(inline("amount", LARGE))
    await scene.worker().decide(order(), order(600_000))
    made = await measure(scene, document(inline("amount", LARGE), asks("score")))
    drift = made.report["drift"]
    assert (drift["orders"], drift["changed"], drift["incomplete"]) == (2, 0, 2)


async def test_an_order_made_up_for_later_counts_by_its_first_decision(scene: Scene) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    worker = scene.worker()
    await worker.decide(order())
    door.answers(score=1)
    await worker.recheck()  # flagged: there are two decisions, and two snapshots
    made = await measure(scene, document(inline("amount", LARGE)))
    assert (made.report["drift"]["orders"], made.report["drift"]["changed"]) == (1, 0)


async def test_a_system_that_has_decided_nothing_yet_can_be_measured(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    sends = [feature.name for feature in FEATURES[-50:]]
    made = await measure(scene, document(inline("amount", LARGE), asks("score", sends=sends)))
    assert made.report["snapshots"] == 0
    assert made.report["drift"]["orders"] == 0
    assert set(door.asked[0]["features"]) == set(sends)
    assert all(value is not None for value in door.asked[0]["features"].values())


async def test_there_is_nothing_to_measure_where_there_is_no_such_rule_set(scene: Scene) -> None:
    worker = scene.worker()
    made = await measuring.measure(
        scene.works, worker.rules, worker.parts.parties, "0" * 64, "releaser"
    )
    assert made is None
