"""Publishing, activating and taking back rule sets, over HTTP on a real database."""

import asyncio
from typing import Any

import httpx
import pytest

from common.service import Runtime
from risk.domain.identity import ruleset_id
from risk.use_cases import demo
from risk.wiring import seed_demo

WHO = {"X-API-Key": "releaser"}
REASON = {"reason": "test"}


def ruleset(name: str, hold_above_minor: int = 100) -> dict[str, Any]:
    rule = {
        "id": "amount",
        "kind": "amount_limit",
        "currency": "CNY",
        "hold_above_minor": hold_above_minor,
        "reject_above_minor": 1_000,
    }
    return {"name": name, "rules": [rule]}


async def publish(client: httpx.AsyncClient, document: dict[str, Any]) -> httpx.Response:
    body = {"document": document, "reason": "test"}
    return await client.post("/v1/rulesets", json=body, headers=WHO)


async def published(client: httpx.AsyncClient, name: str) -> str:
    return str((await publish(client, ruleset(name))).json()["id"])


async def activate(client: httpx.AsyncClient, wanted: str) -> httpx.Response:
    return await client.post(f"/v1/rulesets/{wanted}/activate", json=REASON, headers=WHO)


async def roll_back(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/v1/rulesets/rollback", json=REASON, headers=WHO)


async def active(client: httpx.AsyncClient) -> str:
    response = await client.get("/v1/rulesets/active", headers=WHO)
    return str(response.json()["ruleset"]["id"])


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
    fields = [error["field"] for error in response.json()["errors"]]
    assert fields == ["body.document.rules.0.amount_limit.currency"]


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
