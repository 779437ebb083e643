"""The way of a rule set step by step, and back, over HTTP on a real database."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from common.database.work import WorkFactory
from common.ids import new_id
from risk.domain.identity import ruleset_id
from risk.store import changes, measurements, rulesets
from risk.store.lately import Lately
from risk.store.measurements import Measurement
from support.rulesets import (
    CANARY,
    PROMOTION,
    REASON,
    SHADOW,
    TODAY,
    WHO,
    activate,
    active,
    changed,
    publish,
    published,
    roll_back,
    rule,
    step,
    whole,
    wrong_fields,
)

# ── the gate ──

UNREACHABLE = {
    "id": "bureau",
    "kind": "http",
    "core": False,
    "endpoint": "nobody-knows-it",
    "sends": [],
    "returns": {"score": "int"},
    "rules": [rule("result.score < 300")],
    "budget_ms": 500,
}


async def test_a_measurement_tells_times_and_what_would_change(client: httpx.AsyncClient) -> None:
    wanted = str((await publish(client, TODAY)).json()["id"])
    url = f"/v1/rulesets/{wanted}/measurements"
    response = await client.post(url, headers=WHO)
    assert response.status_code == 201
    made = response.json()
    assert (made["ruleset"], made["against"]) == (wanted, await active(client))
    assert (made["measured_by"], made["report"]["passed"]) == ("releaser", made["passed"])
    assert [c["check"] for c in made["report"]["candidate"]["checks"]] == ["amount"]
    assert made["report"]["drift"]["orders"] == 0
    again = (await client.post(url, headers=WHO)).json()
    listed = (await client.get(url, headers=WHO)).json()["items"]
    assert [each["measurement_id"] for each in listed] == [
        again["measurement_id"],
        made["measurement_id"],
    ]


@pytest.mark.parametrize("what", ["activate", "promote"])
async def test_the_gate_names_the_check_that_costs_a_rule_set_its_release(
    client: httpx.AsyncClient, what: str
) -> None:
    before = await whole(client)
    wanted = str((await publish(client, changed(checks=[UNREACHABLE], tests=[]))).json()["id"])
    response = await step(client, wanted, what)
    assert response.status_code == 409
    assert "bureau" in response.json()["detail"]
    assert await whole(client) == before
    url = f"/v1/rulesets/{wanted}/measurements"
    (made,) = (await client.get(url, headers=WHO)).json()["items"]
    assert (made["passed"], made["report"]["culprit"]) == (False, "bureau")
    assert (await step(client, wanted, what, force=True)).status_code == 200


async def judged(works: WorkFactory, wanted: str, *, passed: bool) -> None:
    """Write down what the gate said, as if it had."""
    async with works.begin() as work:
        now = await changes.in_force(work.connection)
        assert now is not None
        made = Measurement(
            id=new_id(),
            ruleset=wanted,
            against=now.release.stable,
            passed=passed,
            report={"told": "amount takes 1.2e+03 ms"},
            measured_at=work.now,
            measured_by="test",
        )
        await measurements.add(work.connection, made)


async def test_what_the_gate_said_beside_what_is_stable_now_counts(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    wanted = str((await publish(client, TODAY)).json()["id"])
    await judged(works, wanted, passed=False)
    refused = await step(client, wanted, "promote")
    assert refused.status_code == 409
    assert "amount takes 1.2e+03 ms" in refused.json()["detail"]
    await judged(works, wanted, passed=True)
    assert (await step(client, wanted, "promote")).json()["stage"] == SHADOW
    url = f"/v1/rulesets/{wanted}/measurements"
    assert len((await client.get(url, headers=WHO)).json()["items"]) == 2


async def test_a_rule_set_of_a_later_version_is_not_measured(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    later = {"format": 9, "name": "later"}
    async with works.begin() as work:
        record = rulesets.Record(
            id=ruleset_id(later),
            document=later,
            author="later",
            reason="later",
            created_at=work.now,
        )
        await rulesets.add(work.connection, record)
    for what in ("activate", "promote", "measurements"):
        response = await step(client, ruleset_id(later), what)
        assert response.status_code == 409
        assert "cannot read" in response.json()["detail"]


# ── step by step ──


async def tried(works: WorkFactory, wanted: str, orders: int, *, shadow: bool) -> None:
    """Make so many decisions by the rule set, as workers would."""
    decided = (
        "insert into risk.shadow_decision select :id, gen_random_uuid(), 'approved', '[]', 0, 10,"
        " :now from generate_series(1, :orders)"
        if shadow
        else "insert into risk.assessment (order_id, decision_no, outcome, reasons, ruleset,"
        " decided_at, decided_by, arm) select gen_random_uuid(), 1, 'approved', '[]', :id, :now,"
        " 'sluice', 'canary' from generate_series(1, :orders)"
    )
    async with works.begin() as work:
        values = {"id": wanted, "now": work.now, "orders": orders}
        await work.connection.execute(text(decided), values)


async def test_a_rule_set_goes_through_shadow_and_canary_to_stable(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    initial = await active(client)
    wanted = str((await publish(client, TODAY)).json()["id"])
    await judged(works, wanted, passed=True)
    expected = [(SHADOW, 0, 1_000), (CANARY, 1, 100), (CANARY, 10, 500), (CANARY, 50, 1_000)]
    for stage, percent, orders_min in expected:
        view = (await step(client, wanted, "promote")).json()
        assert (view["kind"], view["stage"], view["percent"]) == (stage, stage, percent)
        assert (view["ruleset"], view["candidate"]) == (initial, wanted)
        await tried(works, wanted, orders_min - 1, shadow=stage == SHADOW)
        early = await step(client, wanted, "promote")
        assert early.status_code == 409
        assert f"{orders_min - 1} of at least {orders_min} orders" in early.json()["detail"]
        now = await whole(client)
        assert (now["change"], now["ruleset"]["id"]) == (view, initial)
        assert now["candidate_figures"]["orders"] == orders_min - 1
        await tried(works, wanted, 1, shadow=stage == SHADOW)
    last = (await step(client, wanted, "promote")).json()
    assert (last["kind"], last["ruleset"], last["candidate"]) == (PROMOTION, wanted, None)
    assert (last["stage"], last["percent"], await active(client)) == (None, 0, wanted)
    assert (await step(client, wanted, "promote")).status_code == 409


async def test_figures_are_counted_once_in_a_while_however_many_ask(works: WorkFactory) -> None:
    patient = Lately(3_600)
    async with works.begin() as work:
        change = await changes.in_force(work.connection)
        assert change is not None
        before = await patient.of(work.connection, change, work.now)
    await tried(works, change.release.stable, 3, shadow=False)
    async with works.begin() as work:
        later = work.now + timedelta(seconds=1)
        assert await patient.of(work.connection, change, later) == before
        assert (await Lately(0).of(work.connection, change, later)).stable.orders == 3
        another = replace(change, id=new_id())
        assert (await patient.of(work.connection, another, later)).stable.orders == 3


async def test_with_force_a_step_needs_no_orders(client: httpx.AsyncClient) -> None:
    wanted = str((await publish(client, TODAY)).json()["id"])
    way = [(await step(client, wanted, "promote", force=True)).json() for _ in range(5)]
    assert [(view["kind"], view["percent"]) for view in way] == [
        (SHADOW, 0),
        (CANARY, 1),
        (CANARY, 10),
        (CANARY, 50),
        (PROMOTION, 0),
    ]
    assert await active(client) == wanted


async def test_with_force_steps_can_be_left_out_and_gone_back(client: httpx.AsyncClient) -> None:
    wanted = str((await publish(client, TODAY)).json()["id"])
    for to in ("canary_50", "shadow", "canary_10", "canary_1", "canary_50"):
        refused = await step(client, wanted, "promote", to=to)
        assert (refused.status_code, refused.json()["detail"][:3]) == (422, "to:")
        view = (await step(client, wanted, "promote", to=to, force=True)).json()
        stage, _, percent = to.partition("_")
        assert (view["stage"], view["percent"]) == (stage, int(percent or 0))


async def test_one_rule_set_at_a_time_is_on_its_way(client: httpx.AsyncClient) -> None:
    one, other = await published(client, "one"), await published(client, "other")
    await step(client, one, "promote", force=True)
    before = await whole(client)
    refused = await step(client, other, "promote", force=True)
    assert refused.status_code == 409
    assert one in refused.json()["detail"]
    assert (await step(client, await active(client), "promote", force=True)).status_code == 409
    assert (await step(client, other, "abort")).status_code == 409
    assert await whole(client) == before


async def test_a_candidate_is_taken_out_and_what_is_stable_stays(
    client: httpx.AsyncClient,
) -> None:
    initial, wanted = await active(client), await published(client, "new")
    assert (await step(client, wanted, "abort")).status_code == 409
    await step(client, wanted, "promote", force=True)
    view = (await step(client, wanted, "abort")).json()
    assert (view["kind"], view["ruleset"], view["candidate"]) == ("abort", initial, None)
    assert (view["stage"], view["percent"]) == (None, 0)
    assert (await step(client, wanted, "abort")).status_code == 409
    assert (await step(client, wanted, "promote", force=True)).json()["stage"] == SHADOW


async def test_activating_what_is_stable_takes_the_candidate_out(client: httpx.AsyncClient) -> None:
    initial, wanted = await active(client), await published(client, "new")
    await step(client, wanted, "promote", force=True)
    view = (await activate(client, initial)).json()
    assert (view["kind"], view["ruleset"], view["candidate"]) == ("abort", initial, None)


async def test_activating_another_drops_the_candidate(client: httpx.AsyncClient) -> None:
    one, other = await published(client, "one"), await published(client, "other")
    await step(client, one, "promote", force=True)
    view = (await activate(client, other)).json()
    assert (view["kind"], view["ruleset"], view["candidate"]) == ("activation", other, None)


async def test_a_promotion_is_repeatable_by_its_key(client: httpx.AsyncClient) -> None:
    wanted = await published(client, "new")
    headers = WHO | {"Idempotency-Key": "k"}
    url, body = f"/v1/rulesets/{wanted}/promote", REASON | {"force": True}
    first, again = [await client.post(url, json=body, headers=headers) for _ in "12"]
    assert again.content == first.content
    assert (await whole(client))["change"] == first.json()


async def test_promotions_at_once_follow_one_another(client: httpx.AsyncClient) -> None:
    wanted = [await published(client, str(n)) for n in range(4)]
    answers = await asyncio.gather(
        *(step(client, each, "promote", force=True, to="canary_1") for each in wanted)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


# ── back ──


async def test_a_promotion_is_rolled_back_to_what_was_stable_before(
    client: httpx.AsyncClient,
) -> None:
    initial, wanted = await active(client), await published(client, "new")
    for _ in range(5):
        await step(client, wanted, "promote", force=True)
    assert await active(client) == wanted
    view = (await roll_back(client)).json()
    assert (view["kind"], view["ruleset"], view["candidate"]) == ("rollback", initial, None)
    assert (await roll_back(client)).status_code == 409


async def test_a_rollback_drops_the_candidate_first(client: httpx.AsyncClient) -> None:
    initial = await active(client)
    good, new = await published(client, "good"), await published(client, "new")
    await activate(client, good)
    await step(client, new, "promote", force=True, to="canary_50")
    for expected in (good, initial):
        view = (await roll_back(client)).json()
        assert (view["kind"], view["ruleset"]) == ("rollback", expected)
        assert (view["candidate"], view["percent"]) == (None, 0)


async def test_any_rule_set_that_was_stable_once_can_be_gone_back_to(
    client: httpx.AsyncClient,
) -> None:
    initial = await active(client)
    names = [await published(client, name) for name in ("one", "two", "three")]
    for each in names:
        await activate(client, each)
    view = (await roll_back(client, to=names[0])).json()
    assert (view["kind"], view["ruleset"], await active(client)) == ("rollback", names[0], names[0])
    assert (await roll_back(client)).json()["ruleset"] == initial


async def test_a_rule_set_that_never_was_stable_is_nothing_to_go_back_to(
    client: httpx.AsyncClient,
) -> None:
    initial, tried_only = await active(client), await published(client, "tried")
    await step(client, tried_only, "promote", force=True, to="canary_50")
    for target in (tried_only, "0" * 64, "2000-01-01T00:00:00Z"):
        response = await roll_back(client, to=target)
        assert response.status_code == 409
    assert await active(client) == initial


async def test_what_was_in_force_at_a_time_can_be_gone_back_to(client: httpx.AsyncClient) -> None:
    await activate(client, await published(client, "one"))
    then = (await activate(client, await published(client, "two"))).json()
    await activate(client, await published(client, "three"))
    at = datetime.fromisoformat(then["changed_at"])
    view = (await roll_back(client, to=then["changed_at"])).json()
    assert view["ruleset"] == then["ruleset"]
    just_before = (at - timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=8)))
    view = (await roll_back(client, to=just_before.isoformat())).json()
    assert view["ruleset"] == await published(client, "one")
    later = (at + timedelta(days=365)).isoformat()
    assert (await roll_back(client, to=later)).json()["ruleset"] == view["ruleset"]


# ── what happened ──


async def test_every_change_is_listed_the_newest_first(client: httpx.AsyncClient) -> None:
    initial, new = await active(client), await published(client, "new")
    await step(client, new, "promote", force=True)
    await step(client, new, "promote", force=True)
    await step(client, new, "abort")
    await activate(client, new)
    await roll_back(client)
    expected = [
        ("rollback", initial, None, 0),
        ("activation", new, None, 0),
        ("abort", initial, None, 0),
        (CANARY, initial, new, 1),
        (SHADOW, initial, new, 0),
        ("activation", initial, None, 0),
    ]
    seen: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    while items := (
        await client.get("/v1/rulesets/changes", params={"limit": "2"} | before, headers=WHO)
    ).json()["items"]:
        seen += items
        before = {"before": items[-1]["change_id"]}
    assert [(c["kind"], c["ruleset"], c["candidate"], c["percent"]) for c in seen] == expected
    assert [c["changed_by"] for c in seen] == ["releaser"] * 5 + ["sluice"]
    assert {c["reason"] for c in seen[:5]} == {"test"}
    assert seen[0] == (await whole(client))["change"]


# ── bad input ──

UNKNOWN = "0" * 64


async def test_a_step_of_an_unknown_rule_set_is_not_found(client: httpx.AsyncClient) -> None:
    for what in ("promote", "activate", "measurements"):
        for force in ({}, {"force": True}):
            response = await step(client, UNKNOWN, what, **force)
            assert response.status_code == 404
            assert response.headers["content-type"] == "application/problem+json"
        response = await step(client, "nonsense", what)
        assert (response.status_code, wrong_fields(response)) == (422, ["path.ruleset"])


TO = "body.to"


BAD_REQUESTS: list[tuple[str, object, str]] = [
    *(
        (url, body, field)
        for url in ("rollback", f"{UNKNOWN}/promote", f"{UNKNOWN}/abort", f"{UNKNOWN}/activate")
        for body, field in (
            ({}, "body.reason"),
            ({"reason": ""}, "body.reason"),
            ({"reason": "  "}, "body.reason"),
            ({"reason": 5}, "body.reason"),
            ({"reason": "x" * 1_001}, "body.reason"),
            (REASON | {"colour": "red"}, "body.colour"),
            ([], "body"),
            (None, "body"),
        )
    ),
    (f"{UNKNOWN}/promote", REASON | {"to": "canary_2"}, TO),
    (f"{UNKNOWN}/promote", REASON | {"to": 1}, TO),
    (f"{UNKNOWN}/promote", REASON | {"force": "perhaps"}, "body.force"),
    (f"{UNKNOWN}/activate", REASON | {"force": []}, "body.force"),
    (f"{UNKNOWN}/activate", REASON | {"to": "shadow"}, TO),
    (f"{UNKNOWN}/abort", REASON | {"force": True}, "body.force"),
    ("rollback", REASON | {"to": "yesterday"}, TO),
    ("rollback", REASON | {"to": "2026-11-22T09:30:00"}, TO),
    ("rollback", REASON | {"to": UNKNOWN[1:]}, TO),
    ("rollback", REASON | {"to": "1763775000"}, TO),
    ("rollback", REASON | {"to": 1_763_775_000}, TO),
    ("rollback", REASON | {"to": {}}, TO),
    ("check", {"document": TODAY}, "body.reason"),
    ("check", {"reason": "test"}, "body.document"),
    ("", {"reason": "test"}, "body.document"),
]


async def test_a_request_that_is_wrong_is_refused_by_its_field(client: httpx.AsyncClient) -> None:
    before = await whole(client)
    for url, body, field in BAD_REQUESTS:
        response = await client.post(f"/v1/rulesets/{url}".rstrip("/"), json=body, headers=WHO)
        # Of what may be one of several things, each is named below the field.
        found = {f"{each}.".startswith(f"{field}.") for each in wrong_fields(response)}
        assert (url, body, response.status_code, found) == (url, body, 422, {True})
    assert await whole(client) == before


BAD_QUESTIONS = [
    ("changes?limit=0", "query.limit"),
    ("changes?limit=201", "query.limit"),
    ("changes?before=x", "query.before"),
    (f"{UNKNOWN}/measurements?limit=51", "query.limit"),
    ("nonsense/measurements", "path.ruleset"),
    ("nonsense", "path.ruleset"),
    (f"{UNKNOWN.upper()}A", "path.ruleset"),
    ("?after=x", "query.after"),
]


async def test_a_question_that_is_wrong_is_refused_by_its_field(client: httpx.AsyncClient) -> None:
    for url, field in BAD_QUESTIONS:
        target = f"/v1/rulesets/{url}".replace("/?", "?")
        response = await client.get(target, headers=WHO)
        assert (url, response.status_code, wrong_fields(response)) == (url, 422, [field])
