"""Rule sets to publish, and what a releaser does with them over HTTP."""

from typing import Any

import httpx

from support.waiting import until

WHO = {"X-API-Key": "releaser"}
REASON = {"reason": "test"}


SHADOW, CANARY, PROMOTION = "shadow", "canary", "promotion"


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


async def step(client: httpx.AsyncClient, wanted: str, what: str, **more: Any) -> httpx.Response:
    return await client.post(f"/v1/rulesets/{wanted}/{what}", json=REASON | more, headers=WHO)


async def activate(client: httpx.AsyncClient, wanted: str) -> httpx.Response:
    return await step(client, wanted, "activate", force=True)


async def roll_back(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await client.post("/v1/rulesets/rollback", json=REASON | more, headers=WHO)


async def whole(client: httpx.AsyncClient) -> dict[str, Any]:
    response = await client.get("/v1/rulesets/active", headers=WHO)
    view: dict[str, Any] = response.json()
    return view


def wrong_fields(response: httpx.Response) -> list[str]:
    return [error["field"] for error in response.json()["errors"]]


def rule(when: str) -> dict[str, str]:
    return {"code": "dear", "outcome": "hold", "when": when}


AMOUNT = {
    "id": "amount",
    "kind": "expression",
    "core": True,
    "rules": [rule("order.payable_minor > limits.hold[order.currency]")],
}
TODAY: dict[str, Any] = {
    "format": 2,
    "name": "today",
    "limits": {"hold": {"CNY": 5}},
    "checks": [AMOUNT],
    "tests": [
        {
            "name": "a dear order",
            "features": {"order.payable_minor": 6, "order.currency": "CNY"},
            "expect": "held",
            "reasons": ["amount:dear"],
        }
    ],
}


async def active(client: httpx.AsyncClient) -> str:
    response = await client.get("/v1/rulesets/active", headers=WHO)
    return str(response.json()["ruleset"]["id"])


def changed(**more: Any) -> dict[str, Any]:
    return TODAY | more


def approving_all(name: str) -> dict[str, Any]:
    """Rules that hold nobody: for tests that count what reaches the warehouse."""
    free = {"code": "free", "outcome": "hold", "when": "order.payable_minor < 0"}
    check = {"id": "free", "kind": "expression", "core": True, "rules": [free]}
    return {"format": 2, "name": name, "checks": [check]}


async def in_force(risk: httpx.AsyncClient, document: dict[str, Any], *, workers: int = 2) -> None:
    """Release rules past the gate, and wait until every worker decides by them."""
    published = await risk.post("/v1/rulesets", json={"document": document, "reason": "test"})
    assert published.is_success, published.text
    wanted = published.json()["id"]
    forced = {"reason": "test", "force": True}
    activated = await risk.post(f"/v1/rulesets/{wanted}/activate", json=forced)
    assert activated.is_success, activated.text
    await until_followed(risk, wanted, workers=workers)


async def back_in_force(risk: httpx.AsyncClient, earlier: str, *, workers: int = 2) -> None:
    """Go back to rules that were stable, and wait until no worker decides by others."""
    back = await risk.post("/v1/rulesets/rollback", json={"reason": "test", "to": earlier})
    assert back.is_success, back.text
    await until_followed(risk, earlier, workers=workers)


async def until_followed(risk: httpx.AsyncClient, wanted: str, *, workers: int) -> None:
    async def followed() -> bool:
        seen = (await risk.get("/v1/rulesets/active")).json()["workers"]
        return len(seen) == workers and all(worker["stable"] == wanted for worker in seen)

    await until(followed, seconds=240)
