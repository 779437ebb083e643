"""What risk tells those who audit all services: every decision, in the order of order ids."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import text

from common.contracts.event import Message
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.work import WorkFactory
from common.messaging.outcome import Outcome

Receipt = Callable[..., Message[OrderReceived]]
Deliver = Callable[..., Awaitable[list[Outcome]]]


async def accounts(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/accounts", params=asked, headers={"X-API-Key": "reader"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_decided_order_is_told_with_the_decision_in_force(
    client: httpx.AsyncClient,
    deliver: Deliver,
    receipt: Receipt,
    one_of_each: tuple[Order, Order, Order],
) -> None:
    messages = [receipt(order) for order in one_of_each]
    await deliver(*messages)
    found = await accounts(client)
    told = {
        a["order_id"]: (a["state"], a["decision_no"], a["decisions"], a["amount_minor"])
        for a in found
    }
    assert told == {
        str(message.data.order_id): (outcome, 1, 1, amount)
        for message, outcome, amount in zip(
            messages,
            ("approved", "held", "rejected"),
            (4_080, 600_000, 6_000_000),
            strict=True,
        )
    }
    assert [a["order_id"] for a in found] == sorted(told)
    assert {a["currency"] for a in found} == {"CNY"}


async def test_a_review_is_the_decision_in_force(
    client: httpx.AsyncClient, deliver: Deliver, receipt: Receipt, dear: Order
) -> None:
    message = receipt(dear)
    await deliver(message)
    (before,) = await accounts(client)
    order_id = str(message.data.order_id)
    verdict = {"decision": "approve", "reason": "The customer is known."}
    answer = await client.post(
        f"/v1/reviews/{order_id}", json=verdict, headers={"X-API-Key": "reviewer"}
    )
    assert answer.is_success, answer.text
    (after,) = await accounts(client, order_id=order_id)
    assert (after["state"], after["decision_no"], after["decisions"]) == ("approved", 2, 2)
    assert after["amount_minor"] == before["amount_minor"] == 600_000
    assert after["changed_at"] > before["changed_at"]


async def test_the_amount_is_gone_with_what_the_decision_was_made_on(
    client: httpx.AsyncClient, deliver: Deliver, receipt: Receipt, order: Order, works: WorkFactory
) -> None:
    await deliver(receipt(order))
    async with works.engine.begin() as connection:
        await connection.execute(text("delete from risk.feature_snapshot"))
    (found,) = await accounts(client)
    assert (found["state"], found["currency"], found["amount_minor"]) == ("approved", None, None)


async def test_accounts_come_in_pages(
    client: httpx.AsyncClient, deliver: Deliver, receipt: Receipt, order: Order
) -> None:
    messages = [receipt(order) for _ in range(5)]
    await deliver(*messages)
    ids = sorted(str(message.data.order_id) for message in messages)
    found: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    for size in (2, 2, 1):
        page = await accounts(client, **asked)
        assert len(page) == size
        found += [item["order_id"] for item in page]
        asked["after"] = found[-1]
    assert found == ids


async def test_only_readers_of_risk_get_accounts(client: httpx.AsyncClient) -> None:
    for key, status in (("stranger", 403), ("nobody", 401)):
        answer = await client.get("/v1/accounts", headers={"X-API-Key": key})
        assert answer.status_code == status
