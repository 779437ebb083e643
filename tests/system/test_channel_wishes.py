"""What a channel wants of an order that was let in, and what was sold over the counter."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from random import Random
from typing import Any

import httpx

from common.ids import new_id
from loadtest.orders import signed
from stack import Stack
from support.rulesets import approving_all, in_force
from support.waiting import until

Client = httpx.AsyncClient
CHANNEL, SHOP = "shopify", "demo"
FIRST, SECOND, THIRD = (f"2026-11-22T1{n}:00:00Z" for n in range(3))


async def until_in(client: Client, order_id: str, state: str) -> dict[str, Any]:
    async def shown() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/orders/{order_id}")
        found = answer.json() if answer.is_success else {}
        return found if found.get("state") == state else None

    return await until(shown, seconds=120)  # type: ignore[return-value]


async def until_holding(ingest: Client) -> None:
    """Let a tag hold the shop's orders, and wait until its messages are read so."""
    document = json.loads((files("ingest.mappings") / "shopify.json").read_text())
    document["values"]["tags"] = {"from": "tags", "default": ""}
    document["held"] = {"when": 'tags == "hold"', "reason": {"value": "risk control"}}
    body = {"channel": CHANNEL, "shop": SHOP, "document": document, "reason": "a test"}
    made = await ingest.post("/v1/mappings", json=body)
    mapping_id = made.json()["id"]
    await ingest.post(f"/v1/mappings/{mapping_id}/activate", json={"reason": "a test"})
    probe = {"channel": CHANNEL, "shop": SHOP, "topic": "none", "payload": "{}"}

    async def follows() -> bool:
        answer = await ingest.post("/v1/mappings/preview", json=probe)
        return bool(answer.json()["mapping_id"] == mapping_id)

    await until(follows)


async def test_an_order_that_the_channel_holds_after_it_came_waits_until_it_is_let_go(
    system: Stack, doors: Mapping[str, Client]
) -> None:
    run, secret = new_id().hex[-10:], system.env()["WEBHOOK_SECRET_SHOPIFY"]
    headers, whole = signed(1, Random(run), secret=secret, run=run)
    order = json.loads(whole)

    async def tell(at: str, tags: str, status: str) -> str:
        body = json.dumps(order | {"updated_at": at, "tags": tags}).encode()
        told = {name: value for name, value in headers.items() if "hmac" not in name.lower()}
        told = {name: value for name, value in told.items() if "webhook-id" not in name.lower()}
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        told["X-Shopify-Hmac-Sha256"] = b64encode(digest).decode()
        path = f"/v1/webhooks/{CHANNEL}/{SHOP}"
        answer = await doors["ingest"].post(path, headers=told, content=body)
        (outcome,) = answer.json()["orders"]
        assert outcome["status"] == status
        return str(outcome["order_id"])

    await until_holding(doors["ingest"])
    try:
        order_id = await tell(FIRST, "", "accepted")
        first = await until_in(doors["fulfillment"], order_id, "allocated")
        await tell(SECOND, "hold", "updated")
        held = await until_in(doors["fulfillment"], order_id, "held")
        assert held["kept_back"] == "risk control"
        await tell(THIRD, "", "updated")
        again = await until_in(doors["fulfillment"], order_id, "allocated")
        assert again["task_code"] != first["task_code"]
    finally:
        undo = {"channel": CHANNEL, "shop": SHOP, "reason": "the test is over"}
        assert (await doors["ingest"].post("/v1/mappings/rollback", json=undo)).is_success


async def test_what_was_sold_over_the_counter_is_delivered_and_in_the_books(
    doors: Mapping[str, Client],
) -> None:
    await in_force(doors["risk"], approving_all(f"all go {new_id()}"))
    run = new_id().hex[-10:]
    line = {"sku": "SKU-0001", "title": "A", "quantity": 2, "unit_price_minor": 1_000}
    amounts = {"goods_minor": 2_000, "payable_minor": 2_000}
    payment = {"reference": run, "method": "cash", "amount_minor": 2_000, "paid_at": FIRST}
    order = {
        "channel": "till",
        "shop": "main",
        "channel_order_no": run,
        "placed_at": FIRST,
        "currency": "CNY",
        "lines": [line],
        "amounts": amounts,
        "payments": [payment],
        "delivery": "in_store",
    }
    answer = await doors["ingest"].post("/v1/orders", json=order)
    (outcome,) = answer.json()["orders"]
    assert outcome["status"] == "accepted", answer.text
    shown = await until_in(doors["fulfillment"], outcome["order_id"], "delivered")
    assert (shown["in_store"], shown["task_code"], shown["warehouse"]) == (True, None, None)

    async def booked() -> dict[str, Any] | None:
        path = f"/v1/orders/{outcome['order_id']}"
        answer = await doors["reconciliation"].get(path)
        return answer.json() if answer.is_success else None

    account = await until(booked)
    (transaction,) = account["transactions"]
    assert (transaction["reference"], transaction["amount_minor"]) == (run, 2_000)
