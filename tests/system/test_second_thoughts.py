"""An order that was approved without a check, through all services: what the check says later."""

from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

import httpx
import pytest

from common.ids import new_id
from loadtest.orders import signed
from stack import Stack
from support.outside_party import Door, OutsideParty
from support.rulesets import back_in_force, in_force
from support.waiting import until

Client = httpx.AsyncClient
Doors = Mapping[str, Client]
CHECK = "outside-score"


def _rules(*, await_recheck: bool) -> dict[str, Any]:
    """Return rules that approve everything but what the outside party gives a low score."""
    return {
        "format": 2,
        "name": f"second thoughts {new_id()}",
        "await_recheck_above_minor": {"CNY": 0} if await_recheck else {},
        "checks": [
            {
                "id": CHECK,
                "kind": "http",
                "endpoint": "score",
                "core": False,
                "sends": ["order.payable_minor"],
                "returns": {"score": "int"},
                "rules": [{"code": "score_low", "outcome": "reject", "when": "result.score < 300"}],
            }
        ],
    }


async def _in_force(risk: Client, *, await_recheck: bool) -> None:
    await in_force(risk, _rules(await_recheck=await_recheck))


@pytest.fixture
def score(outside: OutsideParty) -> Door:
    """What the check asks; it fails until a test says otherwise."""
    door = outside.door("score")
    door.fails()
    return door


@pytest.fixture
async def risk(doors: Doors) -> AsyncIterator[Client]:
    """Risk, whose rules are as before afterwards."""
    before = (await doors["risk"].get("/v1/rulesets/active")).json()["change"]["ruleset"]
    yield doors["risk"]
    await back_in_force(doors["risk"], before)


async def _sent(system: Stack, doors: Doors) -> str:
    run = new_id().hex[-10:]
    secret = system.env()["WEBHOOK_SECRET_SHOPIFY"]
    headers, body = signed(1, Random(run), secret=secret, run=run)
    answer = await doors["ingest"].post("/v1/webhooks/shopify/demo", headers=headers, content=body)
    return str(answer.json()["orders"][0]["order_id"])


async def _order(doors: Doors, order_id: str, **wanted: Any) -> dict[str, Any]:
    """Wait until fulfillment shows the order so."""

    async def shown() -> dict[str, Any] | None:
        answer = await doors["fulfillment"].get(f"/v1/orders/{order_id}")
        found = answer.json() if answer.is_success else {}
        return found if all(found.get(name) == value for name, value in wanted.items()) else None

    return await until(shown, seconds=240)  # type: ignore[return-value]


async def _scan(doors: Doors, code: str, step: str, **more: str) -> httpx.Response:
    body = {"code": code, "step": step, "scanned_at": "2026-11-22T12:00:00Z", "device_id": "d1"}
    return await doors["fulfillment"].post("/v1/scans", json={**body, **more})


async def _decisions(risk: Client, order_id: str) -> list[dict[str, Any]]:
    answer = await risk.get(f"/v1/assessments/{order_id}")
    return list(answer.json()["decisions"])


async def test_an_unverified_order_is_reserved_and_may_be_picked_once_it_is_cleared(
    system: Stack, doors: Doors, risk: Client, score: Door
) -> None:
    await _in_force(risk, await_recheck=True)
    order_id = await _sent(system, doors)
    reserved = await _order(doors, order_id, state="allocated", blocked=True)
    assert (await _scan(doors, reserved["task_code"], "picking")).status_code == 409
    (first,) = await _decisions(risk, order_id)
    assert (first["outcome"], first["degraded"]) == ("approved", [CHECK])

    score.answers(score=900)
    free = await _order(doors, order_id, state="allocated", blocked=False)
    assert free["task_code"] == reserved["task_code"]
    assert (await _scan(doors, free["task_code"], "picking")).json()["state"] == "picking"
    _, second = await _decisions(risk, order_id)
    assert (second["outcome"], second["degraded"]) == ("approved", [])


async def test_a_flagged_order_is_held_and_goes_on_when_a_person_says_so(
    system: Stack, doors: Doors, risk: Client, score: Door
) -> None:
    await _in_force(risk, await_recheck=False)
    order_id = await _sent(system, doors)
    allocated = await _order(doors, order_id, state="allocated", blocked=False)
    assert (await _scan(doors, allocated["task_code"], "picking")).is_success

    score.answers(score=10)
    await _order(doors, order_id, state="held")
    told = await _scan(doors, allocated["task_code"], "packed")
    assert told.status_code == 409
    _, flagged = await _decisions(risk, order_id)
    assert flagged["outcome"] == "held"
    assert flagged["reasons"][0]["detail"].startswith("result.score (10) < 300")

    verdict = {"decision": "approve", "reason": "The customer is known."}
    assert (await risk.post(f"/v1/reviews/{order_id}", json=verdict)).is_success
    again = await _order(doors, order_id, state="allocated")
    assert again["task_code"] != allocated["task_code"]
    replays = (await risk.get(f"/v1/assessments/{order_id}/replay")).json()["items"]
    assert [each["same"] for each in replays] == [True, True, False]
    assert replays[2]["why_not"] == "a person decided"


async def test_an_order_that_left_before_it_was_flagged_is_shown_to_the_reviewer(
    system: Stack, doors: Doors, risk: Client, score: Door
) -> None:
    await _in_force(risk, await_recheck=False)
    order_id = await _sent(system, doors)
    code = (await _order(doors, order_id, state="allocated"))["task_code"]
    for step in ("picking", "packed"):
        assert (await _scan(doors, code, step)).is_success
    parcel = {"courier": "sf", "tracking_no": f"SF{order_id[-10:]}"}
    assert (await _scan(doors, code, "handed_over", **parcel)).is_success

    score.answers(score=10)

    async def told() -> str | None:
        assessment = (await risk.get(f"/v1/assessments/{order_id}")).json()
        return assessment["left_before_hold"] or None

    assert await until(told, seconds=240) == "handed_over"
    await _order(doors, order_id, state="handed_over")
    (waiting,) = [
        each
        for each in (await risk.get("/v1/reviews?limit=200")).json()["items"]
        if each["order_id"] == order_id
    ]
    assert waiting["left_before_hold"] == "handed_over"
