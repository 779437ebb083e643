"""Slow checks on the order path: none costs an order more than its budget, and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from common.database.work import WorkFactory
from risk.domain.breaker import BreakerPolicy
from risk.domain.decision import Outcome
from risk.domain.features import FEATURES
from risk.domain.ruleset import RuleSet, Unanswered
from risk.store.compiled import compiled, read
from risk.use_cases.panel import Inquiry, Panel
from support.risk_scene import (
    LOW,
    NEVER_OPENS,
    Scene,
    asks,
    document,
    inline,
    order,
    patient,
    rule,
    scene_on,
)
from support.waiting import until_true

EXAMPLE: tuple[Any, ...] = tuple(None for _ in FEATURES)
OPENS_AT_5_FAILURES = BreakerPolicy(
    calls_min=5, error_rate=1.0, busy_calls_min=1_000_000, open_seconds=3600, open_seconds_max=7200
)


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


def rules_of(*checks: dict[str, Any], **more: Any) -> RuleSet:
    return patient(compiled(read(document(*checks, **more))))


async def inquire(panel: Panel, rules: RuleSet, orders: int = 1) -> list[Inquiry]:
    return await panel.inquire(rules, [EXAMPLE] * orders)


async def test_a_check_that_never_answers_is_skipped_and_the_others_go_on(scene: Scene) -> None:
    scene.party.door("score").never_answers()
    scene.party.door("address").answers(score=100)
    await scene.put_in_force(asks("score", budget_ms=1), asks("address"), inline("ok", LARGE))
    (order_id,) = await scene.worker().decide(order())
    (decided,) = await scene.history(order_id)
    assert decided.decision.outcome is Outcome.HELD
    assert [reason.name for reason in decided.decision.reasons] == ["address:low_score"]
    assert decided.decision.degraded == ("score",)
    assert await scene.deferred(order_id) == {"score": "budget_spent"}


LARGE = rule("large", "order.payable_minor > 500000")


async def test_an_order_is_approved_without_a_check_that_never_answers(scene: Scene) -> None:
    scene.party.door("score").never_answers()
    await scene.put_in_force(asks("score", budget_ms=1), inline("amount", LARGE))
    (order_id,) = await scene.worker().decide(order())
    (event,) = await scene.events(order_id)
    assert event["type"] == "order.approved.v1"
    assert event["data"]["degraded"] == ["score"]
    assert event["data"]["await_recheck"] is False


async def test_a_degraded_approval_of_a_large_amount_waits_for_its_recheck(scene: Scene) -> None:
    scene.party.door("score").fails()
    await scene.put_in_force(asks("score"), await_recheck_above_minor={"CNY": 1_000})
    small, large, elsewhere = await scene.worker().decide(
        order(1_000), order(1_001), order(1, currency="USD")
    )
    waits = [(await scene.events(o))[0]["data"]["await_recheck"] for o in (small, large, elsewhere)]
    assert waits == [False, True, True]


async def test_all_checks_that_are_not_core_share_the_budget_of_the_rule_set(scene: Scene) -> None:
    for name in ("score", "address", "other"):
        scene.party.door(name).never_answers()
    wanted = document(asks("score"), asks("address"), asks("other"), budget_ms=1)
    panel = scene.worker().panel
    rules = compiled(read(wanted))  # not patient: 200 ms each, and 1 ms together
    (inquiry,) = await inquire(panel, rules)
    assert inquiry.results == dict.fromkeys(rules.by_id, Unanswered("budget_spent"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, b"{}", id="an error"),
        pytest.param(404, b"{}", id="no such endpoint"),
        pytest.param(302, b"{}", id="a redirect is not followed"),
        pytest.param(200, b"", id="nothing"),
        pytest.param(200, b"<html>", id="no JSON"),
        pytest.param(200, b"[1]", id="no object"),
        pytest.param(200, b"[" * 60_000, id="nested without end"),
        pytest.param(200, b'{"score": 1, "x": "' + b"x" * 70_000 + b'"}', id="too much"),
        pytest.param(200, b'{"score": ' + b"9" * 50_000 + b"}", id="a number without end"),
        pytest.param(200, b"\xff\xfe", id="no text"),
    ],
)
async def test_a_check_whose_party_fails_is_skipped(scene: Scene, status: int, body: bytes) -> None:
    scene.party.door("score").says(status, body)
    await scene.put_in_force(asks("score"))
    (order_id,) = await scene.worker().decide(order())
    assert await scene.deferred(order_id) == {"score": "failed"}
    await scene.all_replay(order_id)


async def test_an_endpoint_that_nobody_configured_is_a_failure(scene: Scene) -> None:
    await scene.put_in_force(asks("score", endpoint="unheard-of"))
    (order_id,) = await scene.worker().decide(order())
    assert await scene.deferred(order_id) == {"score": "failed"}


async def test_a_party_that_is_not_there_is_a_failure(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    worker = scene.worker(check_endpoints={"score": {"url": "http://127.0.0.1:1/"}})
    (order_id,) = await worker.decide(order())
    assert await scene.deferred(order_id) == {"score": "failed"}


async def test_orders_for_which_no_slot_is_free_in_time_skip_the_check(scene: Scene) -> None:
    door = scene.party.door("score")
    door.never_answers()
    rules = rules_of(asks("score", concurrency=2, timeout_ms=30_000))
    held = rules_of(asks("score", concurrency=2, timeout_ms=30_000))
    panel = scene.worker().panel
    async with asyncio.TaskGroup() as tasks:
        before = tasks.create_task(inquire(panel, held, orders=2))
        await until_true(lambda: door.calls == 2)
        assert rules.checks[0].fingerprint == held.checks[0].fingerprint
        hurried = rules_of(asks("score", concurrency=2, timeout_ms=30_000), budget_ms=1)
        hurried = RuleSet(hurried.checks, budget_seconds=0.001)
        (late,) = await inquire(panel, hurried)
        door.answers(score=500)
        answered = await before
    assert late.results == {"score": Unanswered("no_free_slot")}
    assert [each.results for each in answered] == [{"score": (500,)}] * 2
    assert door.calls == 2


async def test_an_open_breaker_keeps_orders_from_asking(scene: Scene) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    worker = scene.worker(OPENS_AT_5_FAILURES)
    await worker.decide(*(order() for _ in range(5)))
    assert door.calls == 5
    door.answers(score=500)
    later = await worker.decide(*(order() for _ in range(3)))
    assert door.calls == 5
    for order_id in later:
        assert await scene.deferred(order_id) == {"score": "breaker_open"}
    await scene.all_replay(*later)


async def test_the_breaker_of_one_worker_is_not_that_of_another(scene: Scene) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score"))
    await scene.worker(OPENS_AT_5_FAILURES).decide(*(order() for _ in range(5)))
    door.answers(score=500)
    (order_id,) = await scene.worker(OPENS_AT_5_FAILURES).decide(order())
    assert await scene.deferred(order_id) == {}


async def test_the_breaker_of_a_check_over_features_skips_it_too(scene: Scene) -> None:
    await scene.put_in_force(inline("amount", LARGE, core=False))
    worker = scene.worker()
    worker.panel.desk(rules_of(inline("amount", LARGE, core=False)).checks[0])
    for desk in worker.panel.desks.values():
        desk.breaker.force("open", 0.0)
    (order_id,) = await worker.decide(order(600_000))
    (event,) = await scene.events(order_id)
    assert event["data"]["degraded"] == ["amount"]
    assert await scene.deferred(order_id) == {"amount": "breaker_open"}
    await scene.all_replay(order_id)


async def test_a_core_check_that_does_not_answer_holds_the_order(scene: Scene) -> None:
    scene.party.door("score").never_answers()
    await scene.put_in_force(asks("score", core=True, budget_ms=1))
    (order_id,) = await scene.worker().decide(order())
    (event,) = await scene.events(order_id)
    assert event["type"] == "order.held.v1"
    assert event["data"]["reasons"] == ["score:unanswered"]
    assert await scene.deferred(order_id) == {"score": "budget_spent"}
    assert await scene.exposed() == {}


async def test_a_check_without_a_budget_is_asked_later_only(scene: Scene) -> None:
    await scene.put_in_force(asks("score", budget_ms=0))
    (order_id,) = await scene.worker().decide(order())
    assert scene.party.door("score").calls == 0
    assert await scene.deferred(order_id) == {"score": "asked_later"}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"score": null}',
        b'{"score": "299"}',
        b'{"score": 299.0}',
        b'{"score": true}',
        b'{"score": [299]}',
        b'{"score": {"value": 299}}',
        b'{"score": NaN}',
        b'{"score": 1e3}',
        b'{"score": 9223372036854775808}',
        b'{"Score": 299}',
    ],
)
async def test_an_answer_of_another_type_is_no_answer(scene: Scene, body: bytes) -> None:
    scene.party.door("score").says(200, body)
    await scene.put_in_force(asks("score"))
    (order_id,) = await scene.worker().decide(order())
    assert await scene.deferred(order_id) == {"score": "missing:result.score"}
    await scene.all_replay(order_id)


@pytest.mark.parametrize(
    "name", ["\ud800", "\x00", "\u2028", "𝔸" * 8_000, "张三", '"\\', "\udfff\ud800 x"]
)
@pytest.mark.parametrize("outcome", ["hold", "reject"])
async def test_no_text_that_a_party_answers_stops_orders(
    scene: Scene, name: str, outcome: str
) -> None:
    scene.party.door("score").answers(name=name)
    check = asks("score", rule("odd", 'result.name != "ok"', outcome), returns={"name": "string"})
    await scene.put_in_force(check | {"cache_seconds": 60})
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    await worker.report()
    (event,) = await scene.events(order_id)
    assert event["type"] in {"order.held.v1", "order.rejected.v1", "order.approved.v1"}
    await scene.all_replay(order_id)


async def test_only_the_features_a_check_declares_are_sent_with_the_token_of_the_endpoint(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    sends = ["order.currency", "order.skus", "customer.is_new"]
    await scene.put_in_force(asks("score", sends=sends, parameters={"depth": 3}))
    url = f"{scene.party.url}/score"
    await scene.worker(check_endpoints={"score": {"url": url, "token": "t0k3n"}}).decide(order())
    features = {"order.currency": "CNY", "order.skus": ["SKU-0001"], "customer.is_new": None}
    assert door.asked == [{"features": features, "parameters": {"depth": 3}}]
    assert door.tokens == ["Bearer t0k3n"]


async def test_equal_questions_are_asked_once(scene: Scene) -> None:
    door = scene.party.door("score")
    door.never_answers()
    rules = rules_of(asks("score", cache_seconds=3_600))
    panel = scene.worker().panel
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(inquire(panel, rules, orders=100))
        await until_true(lambda: door.calls == 1)
        door.answers(score=500)
        inquiries = await asked
    assert [each.results for each in inquiries] == [{"score": (500,)}] * 100
    assert door.calls == 1


async def test_an_order_gets_what_was_answered_for_another_with_the_same_question(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.decides(lambda features: {"score": features["order.payable_minor"]})
    await scene.put_in_force(asks("score", cache_seconds=3_600))
    ids = await scene.worker().decide(*(order(amount) for amount in (250, 250, 350, 250, 350)))
    outcomes = [(await scene.history(i))[0].decision.outcome.value for i in ids]
    assert outcomes == ["held", "held", "approved", "held", "approved"]
    assert door.calls == 2
    await scene.all_replay(*ids)


async def test_what_was_answered_outlives_the_process(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=100)
    await scene.put_in_force(asks("score", cache_seconds=3_600))
    before = scene.worker()
    await before.decide(order())
    await before.report()
    (order_id,) = await scene.worker().decide(order())
    assert door.calls == 1
    assert (await scene.history(order_id))[0].decision.outcome is Outcome.HELD


async def test_what_was_answered_is_forgotten_when_it_holds_no_more(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=100)
    await scene.put_in_force(asks("score", cache_seconds=3_600))
    before = scene.worker()
    await before.decide(order())
    await before.report()
    await scene.change("update risk.looked_up set expires_at = now() - interval '1 second'")
    after = scene.worker()
    await after.decide(order())
    assert door.calls == 2
    await scene.change("update risk.looked_up set expires_at = now() - interval '1 second'")
    await scene.worker().report()
    assert await scene.rows("select * from risk.looked_up") == []


async def test_another_version_of_a_check_asks_anew(scene: Scene) -> None:
    door = scene.party.door("score")
    door.answers(score=500)
    worker = scene.worker()
    await scene.put_in_force(asks("score", cache_seconds=3_600))
    await worker.decide(order())
    await scene.put_in_force(asks("score", cache_seconds=3_600, parameters={"model": 2}))
    await worker.decide(order())
    assert door.calls == 2
    again = asks("score", LOW, rule("odd", "result.score == 7"), cache_seconds=3_600)
    await scene.put_in_force(again)  # the same question; only what is made of its answer differs
    await worker.decide(order())
    assert door.calls == 2


async def test_a_failure_is_not_remembered(scene: Scene) -> None:
    door = scene.party.door("score")
    door.fails()
    await scene.put_in_force(asks("score", cache_seconds=3_600))
    worker = scene.worker()
    await worker.decide(order())
    door.answers(score=100)
    (order_id,) = await worker.decide(order())
    assert (await scene.history(order_id))[0].decision.outcome is Outcome.HELD
    assert door.calls == 2


async def test_who_waits_for_an_answer_asks_himself_when_the_asker_is_cancelled(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.never_answers()
    rules = rules_of(asks("score", cache_seconds=3_600))
    panel = scene.worker().panel
    first = asyncio.ensure_future(inquire(panel, rules))
    await until_true(lambda: door.calls == 1)
    second = asyncio.ensure_future(inquire(panel, rules))
    await asyncio.sleep(0)
    first.cancel()
    await until_true(lambda: door.calls == 2)
    door.answers(score=500)
    (inquiry,) = await second
    assert inquiry.results == {"score": (500,)}
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_who_gives_up_waiting_for_the_answer_to_an_equal_question_does_not_ask(
    scene: Scene,
) -> None:
    door = scene.party.door("score")
    door.never_answers()
    rules = rules_of(asks("score", cache_seconds=3_600))
    panel = scene.worker().panel
    first = asyncio.ensure_future(inquire(panel, rules))
    await until_true(lambda: door.calls == 1)
    hurried = RuleSet(rules.checks, budget_seconds=0.001)
    (late,) = await inquire(panel, hurried)
    assert isinstance(late.results["score"], Unanswered)
    door.answers(score=500)
    (inquiry,) = await first
    assert inquiry.results == {"score": (500,)}
    assert door.calls == 1


async def test_nothing_is_asked_where_there_is_no_slow_check(scene: Scene) -> None:
    (inquiry,) = await inquire(scene.worker().panel, rules_of(inline("amount", LARGE)))
    assert inquiry.results == {}
    assert inquiry.seconds == 0.0


async def test_a_check_that_no_rule_set_has_any_more_leaves_nothing_behind(scene: Scene) -> None:
    scene.party.door("score").answers(score=500)
    worker = scene.worker(NEVER_OPENS)
    await scene.put_in_force(asks("score"))
    await worker.decide(order())
    assert [desk.check.id for desk in worker.panel.desks.values()] == ["score"]
    await scene.put_in_force(inline("amount", LARGE))
    await worker.decide(order())
    await worker.report()
    assert [desk.check.id for desk in worker.panel.desks.values()] == ["amount"]
