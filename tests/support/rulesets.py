"""Rule sets to publish, and what a releaser does with them over HTTP."""

from typing import Any

import httpx

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
