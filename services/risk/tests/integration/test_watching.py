"""What does worse than what was there before is taken back: once, whoever sees it, with a cause."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from common.clock import utc_now
from common.database.work import WorkFactory
from common.ids import new_id
from risk.domain.assessment import AUTOMATIC, FIRST, Arm, Assessment
from risk.domain.breaker import BreakerPolicy
from risk.domain.decision import Decision, Outcome
from risk.domain.health import ORDERS_MIN
from risk.domain.release import STEPS, Release, arm_of
from risk.store import assessments, changes, shadows
from risk.store.changes import Change, Kind
from risk.store.shadows import Shadow
from risk.use_cases import releasing
from risk.use_cases.releasing import By
from support.risk_scene import (
    TESTER,
    Scene,
    Worker,
    asks,
    document,
    inline,
    order,
    receipt,
    rule,
    scene_on,
)
from support.waiting import until

LARGE = rule("large", "order.payable_minor > 500000")
SHADOW, _, _, CANARY_50 = STEPS
OPENS_AT_3_FAILURES = BreakerPolicy(
    calls_min=3, error_rate=1.0, busy_calls_min=1_000_000, open_seconds=3600, open_seconds_max=7200
)


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def in_force(scene: Scene) -> Change:
    async with scene.works.engine.connect() as connection:
        found = await changes.in_force(connection)
    assert found is not None
    return found


async def began(scene: Scene, step: Any = CANARY_50) -> tuple[str, str]:
    """Put a rule set in force and another on its way."""
    stable = await scene.put_in_force(inline("amount", LARGE))
    content = document(inline("amount", LARGE), inline("more", LARGE), name="candidate")
    return stable, await scene.try_out(content, step)


async def decided(
    scene: Scene,
    ruleset: str,
    orders: int = 60,
    *,
    micros: int = 1_000,
    held: int = 0,
    unanswered: int = 0,
    before: timedelta = timedelta(0),
) -> None:
    """Let a rule set have decided orders in this way."""
    now = utc_now() - before
    made = [
        Assessment(
            order_id=new_id(),
            decision_no=FIRST,
            decision=Decision(Outcome.HELD if i < held else Outcome.APPROVED),
            ruleset=ruleset,
            decided_at=now,
            decided_by=AUTOMATIC,
            took_micros=micros,
            unanswered=int(i < unanswered),
        )
        for i in range(orders)
    ]
    async with scene.works.begin() as work:
        await assessments.add(work.connection, made)


async def shadowed(scene: Scene, ruleset: str, orders: int, *, held: int) -> None:
    made = [
        Shadow(
            ruleset=ruleset,
            order_id=new_id(),
            decision=Decision(Outcome.HELD if i < held else Outcome.APPROVED),
            unanswered=0,
            took_micros=1_000,
            decided_at=utc_now(),
        )
        for i in range(orders)
    ]
    async with scene.works.begin() as work:
        await shadows.add(work.connection, made)


async def test_a_candidate_whose_check_trips_is_aborted_once(scene: Scene) -> None:
    stable = await scene.put_in_force(inline("amount", LARGE))
    scene.party.door("score").fails()
    content = document(inline("amount", LARGE), asks("score"))
    candidate = await scene.try_out(content, CANARY_50)
    release = (await in_force(scene)).release
    workers = [scene.worker(OPENS_AT_3_FAILURES) for _ in range(4)]
    ids = [i for i in (new_id() for _ in range(200)) if arm_of(i, release) is Arm.CANARY][:3]
    await workers[0].deliver(*(receipt(order(), i) for i in ids))
    for worker in workers:
        await worker.report()

    made = await asyncio.gather(*(worker.watch() for worker in workers))

    (change,) = [each for each in made if each is not None]
    assert (change.kind, change.changed_by) == (Kind.ABORT, AUTOMATIC)
    assert change.reason == "the breaker of score opened"
    assert change.release == Release(stable=stable)
    aborts = await scene.rows("select candidate from risk.ruleset_change where kind = 'abort'")
    assert aborts == [{"candidate": None}]
    assert (await workers[1].watch()) is None
    (later,) = await workers[0].decide(order())
    assert (await scene.history(later))[0].ruleset == stable != candidate


async def test_a_check_that_both_have_is_no_reason(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(asks("score"), inline("quantity", LARGE))
    await scene.put_in_force(asks("score"))
    await scene.try_out(document(asks("score"), inline("amount", LARGE)), CANARY_50)
    worker = scene.worker(OPENS_AT_3_FAILURES)
    await worker.decide(*(order() for _ in range(6)))
    await worker.report()
    assert await worker.watch() is None


async def test_a_breaker_that_a_person_forced_is_no_reason(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    await scene.try_out(document(asks("score")), CANARY_50)
    await scene.change(
        "insert into risk.breaker_override values ('score', 'open', now(), 'somebody', 'test')"
    )
    worker = scene.worker()
    await worker.report()
    assert await worker.watch() is None


async def test_a_worker_that_is_gone_accuses_nobody(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    scene.party.door("score").fails()
    await scene.try_out(document(asks("score")), CANARY_50)
    worker = scene.worker(OPENS_AT_3_FAILURES)
    await worker.decide(*(order() for _ in range(12)))
    await worker.report()
    await scene.change("update risk.worker_report set reported_at = now() - interval '1 minute'")
    assert await worker.watch() is None


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"micros": 20_000}, "an order takes 20.0 ms (p95), with the stable rule set 1.0 ms"),
        ({"unanswered": 4}, "6.7% of the orders were decided without some check, before 0.0%"),
        ({"held": 20}, "33.3% of the orders are held or rejected"),
        ({"orders": ORDERS_MIN, "micros": 20_000}, "an order takes 20.0 ms"),
        ({"orders": ORDERS_MIN, "unanswered": 12}, "30.0% of the orders"),
    ],
)
async def test_a_candidate_that_does_worse_is_aborted(
    scene: Scene, worse: dict[str, Any], why: str
) -> None:
    stable, candidate = await began(scene)
    await decided(scene, stable)
    await decided(scene, candidate, **({"orders": 60} | worse))
    change = await scene.worker().watch()
    assert change is not None
    assert why in change.reason
    assert (await in_force(scene)).release == Release(stable=stable)


@pytest.mark.parametrize(
    "alike",
    [
        {},
        {"micros": 5_900},
        {"unanswered": 2},
        {"held": 5},
        {"orders": ORDERS_MIN - 1, "micros": 10**6, "unanswered": 9, "held": 9},
        {"orders": 49, "held": 49},
        {"orders": 0},
    ],
)
async def test_nothing_happens_without_cause(scene: Scene, alike: dict[str, Any]) -> None:
    stable, candidate = await began(scene)
    before = await in_force(scene)
    await decided(scene, stable)
    await decided(scene, candidate, **({"orders": 60} | alike))
    assert await scene.worker().watch() is None
    assert await in_force(scene) == before


async def test_what_a_candidate_did_at_an_earlier_step_does_not_count(scene: Scene) -> None:
    stable, candidate = await began(scene)
    await decided(scene, stable)
    await decided(scene, candidate, micros=10**6, before=timedelta(minutes=1))
    assert await scene.worker().watch() is None


async def test_a_candidate_in_shadow_is_judged_by_what_it_would_have_decided(scene: Scene) -> None:
    stable, candidate = await began(scene, SHADOW)
    await decided(scene, stable)
    await shadowed(scene, candidate, 60, held=0)
    assert await scene.worker().watch() is None
    await shadowed(scene, candidate, 60, held=60)
    change = await scene.worker().watch()
    assert change is not None
    assert "50.0% of the orders are held or rejected" in change.reason


async def baking(scene: Scene) -> tuple[str, str]:
    """Let a rule set have become stable just now."""
    before = await scene.put_in_force(inline("amount", LARGE))
    await decided(scene, before)
    return before, await scene.put_in_force(inline("amount", LARGE), inline("more", LARGE))


async def test_a_rule_set_that_became_stable_is_rolled_back_for_the_same_reasons(
    scene: Scene,
) -> None:
    before, now = await baking(scene)
    await decided(scene, now, micros=20_000)
    made = await asyncio.gather(*(scene.worker().watch() for _ in range(3)))
    (change,) = [each for each in made if each is not None]
    assert (change.kind, change.changed_by) == (Kind.ROLLBACK, AUTOMATIC)
    assert (await in_force(scene)).release == Release(stable=before)
    assert await scene.worker().watch() is None


async def test_a_rule_set_whose_check_trips_is_rolled_back_while_it_bakes(scene: Scene) -> None:
    scene.party.door("score").fails()
    before = await scene.put_in_force(inline("amount", LARGE))
    await scene.put_in_force(asks("score"))
    worker = scene.worker(OPENS_AT_3_FAILURES)
    await worker.decide(*(order() for _ in range(3)))
    await worker.report()
    change = await worker.watch()
    assert change is not None
    assert change.reason == "the breaker of score opened"
    assert (await in_force(scene)).release == Release(stable=before)


async def test_a_rule_set_that_does_well_stays(scene: Scene) -> None:
    _, now = await baking(scene)
    await decided(scene, now)
    assert await scene.worker().watch() is None
    assert (await in_force(scene)).release == Release(stable=now)


async def test_without_orders_to_compare_with_only_a_breaker_tells(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE))
    now = await scene.put_in_force(inline("more", LARGE))
    await decided(scene, now, micros=10**6, held=60)
    assert await scene.worker().watch() is None


async def test_after_ten_minutes_a_rule_set_is_baked(scene: Scene) -> None:
    _, now = await baking(scene)
    await decided(scene, now, micros=10**6)
    async with scene.works.engine.begin() as connection:  # history refuses changes otherwise
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.exec_driver_sql(
            "update risk.ruleset_change set changed_at = changed_at - interval '11 minutes'"
        )
    assert await scene.worker().watch() is None


async def test_what_was_rolled_back_to_is_not_rolled_back_again(scene: Scene) -> None:
    before, now = await baking(scene)
    await decided(scene, now, micros=20_000)
    await scene.worker().watch()
    await decided(scene, before, micros=10**6, held=60)
    assert await scene.worker().watch() is None
    assert (await in_force(scene)).release == Release(stable=before)


async def _while_a_person_decides(scene: Scene, worker: Worker, wanted: str) -> Change | None:
    """Watch while somebody puts another rule set in force, who was first."""

    async def waits() -> bool:
        return bool(await scene.rows("select 1 from pg_locks where not granted"))

    async with asyncio.TaskGroup() as tasks, scene.works.begin() as work:
        await releasing.activate(work, wanted, By("somebody", "by hand"))
        watching = tasks.create_task(worker.watch())
        await until(waits)
    return watching.result()


async def test_a_person_who_replaces_a_baking_rule_set_meanwhile_wins(scene: Scene) -> None:
    _, now = await baking(scene)
    await decided(scene, now, micros=20_000)
    other = await scene.publish(document(inline("other", LARGE)))
    assert await _while_a_person_decides(scene, scene.worker(), other) is None
    assert (await in_force(scene)).release == Release(stable=other)


async def test_a_person_who_makes_the_candidate_stable_meanwhile_wins(scene: Scene) -> None:
    stable, candidate = await began(scene)
    await decided(scene, stable)
    await decided(scene, candidate, micros=20_000)
    assert await _while_a_person_decides(scene, scene.worker(), candidate) is None
    assert (await in_force(scene)).release == Release(stable=candidate)


async def test_a_candidate_that_replaced_another_meanwhile_is_not_blamed(scene: Scene) -> None:
    stable, candidate = await began(scene)
    async with scene.works.begin() as work:
        await releasing.abort(work, TESTER)
    other = await scene.try_out(document(inline("other", LARGE)), CANARY_50)
    async with scene.works.begin() as work:
        assert await releasing.abort(work, By(AUTOMATIC, "late"), candidate=candidate) is None
    assert (await in_force(scene)).release.candidate == other
    assert (await in_force(scene)).release.stable == stable
