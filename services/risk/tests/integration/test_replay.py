"""Every decision can be made again from what was kept of it, to the last letter of its reasons."""

import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.contracts.order import Order
from common.database.work import WorkFactory
from common.ids import new_id
from risk.domain.assessment import Arm, Verdict
from risk.domain.decision import Outcome
from risk.domain.release import STEPS
from risk.use_cases.reviewing import review
from support.risk_scene import Scene, asks, document, inline, order, rule, scene_on

SCORED = (
    rule("refused", "result.score < 100", "reject"),
    rule("low_score", "result.score < 300"),
)
SENDS = ["order.payable_minor", "customer.is_new"]
STABLE = (
    inline(
        "amount",
        rule("huge", "order.payable_minor > limits.reject[order.currency]", "reject"),
        rule("large", "order.payable_minor > limits.hold[order.currency]"),
    ),
    inline("phone", rule("busy", "phone.orders_24h > 3"), core=False, deadline_seconds=60),
    inline("odd", rule("odd", "order.payable_minor / (order.pieces - 2) > 99999"), core=False),
    asks("score", *SCORED, sends=SENDS, exposure_cap_minor={"CNY": 9_000, "USD": 1_000}),
    asks("address", rule("bad", 'result.grade == "F"'), returns={"grade": "string"}, core=True),
)
LIMITS = {"hold": {"CNY": 40_000, "USD": 20_000}, "reject": {"CNY": 90_000, "USD": 50_000}}
NAMES = ["张三", "Ann O'Neil", 'q"\\', "\U0001f4a9", ""]


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


def any_order(chance: random.Random) -> Order:
    currency = chance.choice(["CNY", "CNY", "CNY", "USD", "EUR"])
    phone = chance.choice([None, "+8613800138000", f"+86139{chance.randrange(10**8):08}"])
    account = chance.choice([None, "7", str(chance.randrange(10**6))])
    customer = {
        "name": chance.choice(NAMES),
        "phone": phone,
        "email": None,
        "platform_id": account,
    }
    made = order(
        chance.randrange(chance.choice([9_000, 120_000])), currency=currency, customer=customer
    )
    line = made.lines[0].model_copy(update={"quantity": chance.randrange(1, 4)})
    return made.model_copy(update={"lines": (line,), "memo": chance.choice([None, "快点 🚚"])})


def any_reply(chance: random.Random) -> Any:
    replies = [
        (200, b'{"score": 50, "grade": "A"}'),
        (200, b'{"score": 200, "grade": "F"}'),
        (200, b'{"score": 700, "grade": "A"}'),
        (200, b'{"score": 700, "grade": "A"}'),
        (200, b'{"score": "700", "grade": 3}'),
        (200, '{"score": 700, "grade": "\\u0000 张 \\ud83d\\ude9a"}'.encode()),
        (500, b""),
    ]
    return lambda _: chance.choice(replies)


async def replayed(client: httpx.AsyncClient, order_id: UUID) -> list[dict[str, Any]]:
    headers = {"Authorization": "Bearer reader"}
    answer = await client.get(f"/v1/assessments/{order_id}/replay", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("seed", [3, 4])
async def test_decisions_of_every_kind_are_made_again_the_same(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    await scene.put_in_force(*STABLE, limits=LIMITS)
    candidate = document(*STABLE[:4], limits=LIMITS, name="candidate")
    await scene.try_out(candidate, STEPS[3])
    for name in ("score", "address"):
        scene.party.door(name)._reply = any_reply(chance)
    worker = scene.worker()
    ids: list[UUID] = []
    for _ in range(6):
        ids += await worker.decide(*(any_order(chance) for _ in range(15)))
    await scene.all_replay(*ids)

    for _ in range(3):  # some are made up for, others fail again
        await worker.recheck()
        await scene.come_due()
    held = await scene.rows("select order_id from risk.held_order order by order_id")
    for row in held[::3]:
        outcome = chance.choice([Outcome.APPROVED, Outcome.REJECTED])
        async with scene.works.begin() as work:
            verdict = Verdict(outcome=outcome, text="seen", reviewer="reviewer")
            await review(work, row["order_id"], verdict, None)
    await scene.come_due(deadline=True)
    while (await worker.recheck()).claimed:
        pass

    await scene.all_replay(*ids)
    histories = [await scene.history(order_id) for order_id in ids]
    kinds = {(a.decision_no > 1, a.decision.outcome) for h in histories for a in h}
    assert kinds == {(later, outcome) for later in (False, True) for outcome in Outcome}
    assert {a.arm for h in histories for a in h} == {Arm.STABLE, Arm.CANARY}
    codes = {reason.code for h in histories for a in h for reason in a.decision.reasons}
    assert codes >= {
        "large",
        "huge",
        "low_score",
        "unanswered",
        "over_exposure_cap",
        "unverified_at_deadline",
    }
    assert await scene.exposed() == {}


async def test_a_decision_is_made_again_by_the_rule_set_that_made_it(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    await scene.put_in_force(inline("amount", rule("large", "order.payable_minor > 100")))
    worker = scene.worker()
    (order_id,) = await worker.decide(order(200))
    await scene.put_in_force(inline("amount", rule("large", "order.payable_minor > 1000")))
    (item,) = await replayed(client, order_id)
    assert (item["same"], item["why_not"]) == (True, "")
    assert item["stored"]["outcome"] == "held"


async def test_a_decision_that_would_not_be_made_so_again_shows(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    await scene.put_in_force(inline("amount", rule("large", "order.payable_minor > 100")))
    (order_id,) = await scene.worker().decide(order(200))
    await scene.change(
        "update risk.feature_snapshot set \"values\" = replace(\"values\"::text, '200', '50')::json"
    )
    (item,) = await replayed(client, order_id)
    assert not item["same"]


async def test_what_cannot_be_made_again_says_why(scene: Scene, client: httpx.AsyncClient) -> None:
    await scene.put_in_force(inline("amount", rule("large", "order.payable_minor > 100")))
    worker = scene.worker()
    (order_id,) = await worker.decide(order(200))
    async with scene.works.begin() as work:
        verdict = Verdict(outcome=Outcome.APPROVED, text="seen", reviewer="reviewer")
        await review(work, order_id, verdict, None)
    first, second = await replayed(client, order_id)
    assert (first["same"], first["why_not"]) == (True, "")
    assert (second["same"], second["why_not"]) == (False, "a person decided")
    await scene.change("delete from risk.feature_snapshot")
    first, _ = await replayed(client, order_id)
    assert (first["same"], first["why_not"]) == (False, "its features are not kept any more")


async def test_features_of_an_older_version_lack_what_came_later(scene: Scene) -> None:
    """Stored vectors are shorter then: what they lack is missing."""
    await scene.put_in_force(inline("amount", rule("large", "order.payable_minor > 100")))
    (order_id,) = await scene.worker().decide(order(200))
    cut = '(select json_agg(v) from (select v from json_array_elements("values") v limit 10) t)'
    await scene.change(f'update risk.feature_snapshot set "values" = {cut}')
    (again,) = await scene.replays(order_id)
    assert again.same


async def test_an_order_nobody_decided_cannot_be_replayed(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    assert await scene.replays(new_id()) == []
    headers = {"Authorization": "Bearer reader"}
    answer = await client.get(f"/v1/assessments/{new_id()}/replay", headers=headers)
    assert answer.status_code == 404
