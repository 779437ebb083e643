"""Publishing, activating and taking back rule sets, over HTTP on a real database."""

import asyncio
from typing import Any

import httpx
import pytest

from common.service import Runtime
from risk.domain.identity import ruleset_id
from risk.use_cases import demo
from risk.wiring import seed_demo
from support.rulesets import (
    AMOUNT,
    REASON,
    TODAY,
    WHO,
    activate,
    active,
    changed,
    publish,
    published,
    roll_back,
    rule,
    ruleset,
    wrong_fields,
)


async def test_a_published_rule_set_can_be_read(client: httpx.AsyncClient) -> None:
    response = await publish(client, ruleset("new"))
    assert response.status_code == 201
    published_id = response.json()["id"]
    assert published_id == ruleset_id(ruleset("new"))
    view = (await client.get(f"/v1/rulesets/{published_id}", headers=WHO)).json()
    assert view["document"] == ruleset("new")
    assert (view["author"], view["reason"]) == ("releaser", "test")
    assert await active(client) != published_id


async def test_the_same_document_again_is_the_same_rule_set(client: httpx.AsyncClient) -> None:
    first = await publish(client, ruleset("new"))
    turned_round = dict(reversed(ruleset("new").items()))
    again = await publish(client, turned_round)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_document_that_is_wrong_is_refused_by_its_field(client: httpx.AsyncClient) -> None:
    document = ruleset("new")
    del document["rules"][0]["currency"]
    response = await publish(client, document)
    assert response.status_code == 422
    assert wrong_fields(response) == ["body.document.rules.0.amount_limit.currency"]


async def test_an_activated_rule_set_is_in_force_and_the_change_is_told(
    client: httpx.AsyncClient,
) -> None:
    wanted = await published(client, "new")
    response = await activate(client, wanted)
    assert (response.status_code, response.json()["kind"]) == (200, "activation")
    view = (await client.get("/v1/rulesets/active", headers=WHO)).json()
    assert view["ruleset"]["id"] == wanted
    assert view["change"] == response.json()
    assert view["change"]["changed_by"] == "releaser"


async def test_activating_what_is_in_force_changes_nothing(client: httpx.AsyncClient) -> None:
    wanted = await published(client, "new")
    first, again = await activate(client, wanted), await activate(client, wanted)
    assert again.json() == first.json()


async def test_an_unknown_rule_set_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await activate(client, "0" * 64)).status_code == 404
    response = await client.get(f"/v1/rulesets/{'0' * 64}", headers=WHO)
    assert response.status_code == 404
    assert (await activate(client, "nonsense")).status_code == 422


async def test_rollbacks_step_back_through_what_was_in_force(client: httpx.AsyncClient) -> None:
    initial = await active(client)
    good, bad = await published(client, "good"), await published(client, "bad")
    await activate(client, good)
    await activate(client, bad)

    assert (await roll_back(client)).json()["ruleset"] == good
    assert await active(client) == good
    assert (await roll_back(client)).json()["ruleset"] == initial
    assert (await roll_back(client)).status_code == 409
    assert await active(client) == initial


async def test_what_is_activated_after_a_rollback_is_rolled_back_to_the_same(
    client: httpx.AsyncClient,
) -> None:
    good, bad = await published(client, "good"), await published(client, "bad")
    await activate(client, good)
    for _ in range(2):
        await activate(client, bad)
        assert (await roll_back(client)).json()["ruleset"] == good


async def test_changes_at_once_follow_one_another(client: httpx.AsyncClient) -> None:
    initial = await active(client)
    wanted = [await published(client, str(n)) for n in range(4)]
    await asyncio.gather(*(activate(client, ruleset_id) for ruleset_id in wanted))
    found = {await active(client)}
    found |= {(await roll_back(client)).json()["ruleset"] for _ in wanted}
    assert found == {*wanted, initial}
    assert (await roll_back(client)).status_code == 409


async def test_a_rollback_is_repeatable_by_its_key(client: httpx.AsyncClient) -> None:
    for name in ("one", "two"):
        await activate(client, await published(client, name))
    headers = WHO | {"Idempotency-Key": "k"}
    url = "/v1/rulesets/rollback"
    first, again = [await client.post(url, json=REASON, headers=headers) for _ in "12"]
    assert again.content == first.content
    assert await active(client) == first.json()["ruleset"] == await published(client, "one")


async def test_rule_sets_are_paged_from_the_newest(client: httpx.AsyncClient) -> None:
    expected = [await active(client)] + [await published(client, str(n)) for n in range(4)]
    seen: list[str] = []
    after: dict[str, str] = {}
    while items := (
        await client.get("/v1/rulesets", params={"limit": "2"} | after, headers=WHO)
    ).json()["items"]:
        seen += [item["id"] for item in items]
        after = {"after": items[-1]["id"]}
    assert seen == expected[::-1]


@pytest.mark.parametrize("limit", ["0", "201", "many"])
async def test_a_page_has_bounds(client: httpx.AsyncClient, limit: str) -> None:
    response = await client.get("/v1/rulesets", params={"limit": limit}, headers=WHO)
    assert response.status_code == 422


async def test_the_demo_rule_set_can_be_seeded_again(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    for _ in range(2):
        await seed_demo(runtime)
    assert await active(client) == ruleset_id(demo.document().content())


async def test_the_demo_rule_set_never_overrides_what_a_person_set(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    await activate(client, await published(client, "chosen"))
    await roll_back(client)
    chosen = await active(client)
    await seed_demo(runtime)
    assert await active(client) == chosen


# ── today's form ──


async def test_a_rule_set_of_today_is_published_and_read_as_written(
    client: httpx.AsyncClient,
) -> None:
    response = await publish(client, TODAY)
    assert (response.status_code, response.json()) == (201, {"id": ruleset_id(TODAY)})
    view = (await client.get(f"/v1/rulesets/{ruleset_id(TODAY)}", headers=WHO)).json()
    assert view["document"] == TODAY
    assert (await publish(client, TODAY)).status_code == 200


BAD_DOCUMENTS: list[tuple[str, object, list[str]]] = [
    ("nothing", None, ["body.document"]),
    ("a list", [], ["body.document"]),
    ("a text", "x", ["body.document"]),
    ("empty", {}, ["body.document.name", "body.document.rules"]),
    ("only a format", {"format": 2}, ["body.document.name", "body.document.checks"]),
    ("a later format", changed(format=3), ["body.document.format"]),
    ("unknown field", changed(colour="red"), ["body.document.colour"]),
    ("unknown kind", changed(checks=[AMOUNT | {"kind": "zen"}]), ["body.document.checks.0"]),
    (
        "core or not",
        changed(checks=[{k: v for k, v in AMOUNT.items() if k != "core"}]),
        ["body.document.checks.0.expression.core"],
    ),
    (
        "unknown feature",
        changed(checks=[AMOUNT | {"rules": [rule("true"), rule("order.nothing > 1")]}]),
        ["body.document.checks.0.rules.1.when"],
    ),
    ("unknown limit", changed(limits={}), ["body.document.checks.0.rules.0.when"]),
    (
        "unknown list",
        changed(checks=[AMOUNT | {"rules": [rule("phone.sha256 in lists.x")]}]),
        ["body.document.checks.0.rules.0.when"],
    ),
    (
        "no condition",
        changed(checks=[AMOUNT | {"rules": [rule("order.payable_minor")]}]),
        ["body.document.checks.0.rules.0.when"],
    ),
    (
        "a golden test that fails",
        changed(tests=[TODAY["tests"][0] | {"expect": "approved"}]),
        ["body.document.tests.0"],
    ),
    (
        "a golden test of no feature",
        changed(tests=[TODAY["tests"][0] | {"features": {"order.nothing": 1}}]),
        ["body.document.tests.0.features.order.nothing"],
    ),
]


@pytest.mark.parametrize("url", ["/v1/rulesets", "/v1/rulesets/check"])
async def test_what_is_wrong_with_a_rule_set_is_named(client: httpx.AsyncClient, url: str) -> None:
    for name, document, fields in BAD_DOCUMENTS:
        body = {"document": document, "reason": "test"}
        response = await client.post(url, json=body, headers=WHO)
        assert (name, response.status_code, wrong_fields(response)) == (name, 422, fields)
    listed = (await client.get("/v1/rulesets", headers=WHO)).json()["items"]
    assert [item["document"]["name"] for item in listed] == ["initial"]


async def test_a_golden_test_that_fails_tells_what_was_decided(client: httpx.AsyncClient) -> None:
    test = TODAY["tests"][0] | {"expect": "approved", "reasons": []}
    response = await publish(client, changed(tests=[*TODAY["tests"], test]))
    assert response.json()["errors"] == [
        {
            "field": "body.document.tests.1",
            "code": "golden_test",
            "message": "expected approved, decided held for amount:dear",
        }
    ]
    assert response.json()["detail"] == "1 of 2 golden tests fail."


@pytest.mark.parametrize("document", [TODAY, ruleset("first")], ids=["today", "first form"])
async def test_a_check_says_what_publishing_would_and_publishes_nothing(
    client: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    body = {"document": document, "reason": "test"}
    reader = {"X-API-Key": "reader"}
    response = await client.post("/v1/rulesets/check", json=body, headers=reader)
    assert (response.status_code, response.json()) == (200, {"id": ruleset_id(document)})
    url = f"/v1/rulesets/{ruleset_id(document)}"
    assert (await client.get(url, headers=WHO)).status_code == 404


UNREADABLE = {
    "deep": b'{"document": ' + b"[" * 100_000,
    "a long number": b'{"reason": "x", "document": {"rules": [' + b"9" * 5_000 + b"]}}",
    "no text": b"\xff\xfe{",
    "half": b'{"reason": "x"',
}


async def test_what_cannot_be_read_is_refused_as_such(client: httpx.AsyncClient) -> None:
    headers = WHO | {"Content-Type": "application/json"}
    for url in ("/v1/rulesets", "/v1/rulesets/check"):
        for name, body in UNREADABLE.items():
            response = await client.post(url, content=body, headers=headers)
            assert response.status_code in {400, 422}, name
            assert wrong_fields(response) == ["body"], name


async def test_a_mebibyte_of_mistakes_is_answered_briefly(client: httpx.AsyncClient) -> None:
    bad = {"rules": [rule("(" * 1_900)] * 20}
    for document in (
        {f"field-{n}": "x" * 20 for n in range(25_000)},
        changed(name="x" * 1_000_000),
        changed(checks=[AMOUNT | bad | {"id": f"c{n}"} for n in range(25)]),
    ):
        response = await publish(client, document)
        assert response.status_code == 422
        assert 0 < len(wrong_fields(response)) <= 50
        assert len(response.content) < 50_000
