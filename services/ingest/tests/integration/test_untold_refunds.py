"""Refunds of orders that were closed in quarantine: told of the other order, or shown to people."""

from typing import Any

import pytest
from ingest_material.world import World, only
from prometheus_client import CollectorRegistry

from ingest.use_cases.measures import Measures

FIRST, SECOND, THIRD = (f"2025-11-22T1{n}:00:00+08:00" for n in range(3))
NOBODY: dict[str, Any] = {"shipping_address": None, "billing_address": None}
REFUND = {"id": 901, "created_at": FIRST, "transactions": [{"amount": "10.00"}]}
ANOTHER = REFUND | {"id": 902}
TOLD = "refund.requested.v1"


async def quarantined(world: World, **changes: Any) -> str:
    given = {"updated_at": FIRST, "refunds": [REFUND]} | NOBODY | changes
    return only(await world.shopify(**given), "quarantined")


async def changed(world: World, at: str = SECOND, **changes: Any) -> Any:
    return await world.shopify(topic="orders/updated", updated_at=at, **changes)


async def told(world: World, order_id: str) -> list[str]:
    """Return the refunds that others were told of for the order."""
    events = await world.events(order_id)
    return [one["data"]["reference"] for one in events if one["type"] == TOLD]


async def untold(world: World) -> list[tuple[str, str]]:
    shown = (await world.client.get("/v1/refunds/untold")).json()
    found = [(one["order_id"], one["reference"]) for one in shown["refunds"]]
    assert shown["total"] == len(found)
    return found


async def closed(world: World, order_id: str, reference: str, reason: str = "paid back") -> int:
    body = {"reference": reference, "reason": reason}
    path = f"/v1/refunds/untold/{order_id}/close"
    return (await world.client.post(path, json=body)).status_code


async def test_a_refund_of_a_discarded_order_is_shown_until_somebody_has_seen_to_it(
    world: World,
) -> None:
    order_id = await quarantined(world)
    assert await untold(world) == []  # it is told when the order is let in
    assert await closed(world, order_id, "901") == 404
    await world.act("discard", order_id)
    (shown,) = (await world.client.get("/v1/refunds/untold")).json()["refunds"]
    assert shown == {
        "order_id": order_id,
        "channel": "shopify",
        "shop": "demo",
        "channel_order_no": shown["channel_order_no"],
        "state": "discarded",
        "merged_into": None,
        "reference": "901",
        "currency": "HKD",
        "amount_minor": 1_000,
        "requested_at": "2025-11-22T02:00:00Z",
    }
    assert await closed(world, order_id, "901") == 200
    assert await closed(world, order_id, "901") == 404
    assert await untold(world) == []
    assert await world.announced(order_id) == []
    (log, *_) = (await world.client.get("/v1/operations")).json()["items"]
    assert (log["action"], log["reason"]) == ("refund.closed", "paid back")
    assert log["before"] == {"reference": "901", "currency": "HKD", "amount_minor": 1_000}


async def test_a_refund_that_comes_after_the_order_was_discarded_is_shown_once(
    world: World,
) -> None:
    order_id = await quarantined(world)
    await world.act("discard", order_id)
    for at, status in ((SECOND, "updated"), (SECOND, "duplicate"), (FIRST, "duplicate")):
        only(await changed(world, at, refunds=[REFUND, ANOTHER], **NOBODY), status)
    assert await untold(world) == [(order_id, "901"), (order_id, "902")]
    await closed(world, order_id, "901")
    only(await changed(world, THIRD, refunds=[REFUND, ANOTHER], **NOBODY), "duplicate")
    assert await untold(world) == [(order_id, "902")]


@pytest.mark.parametrize("waits", [False, True], ids=["let in", "in quarantine"])
async def test_refunds_of_a_merged_order_are_the_others(world: World, *, waits: bool) -> None:
    missing = NOBODY if waits else {}
    status = "quarantined" if waits else "accepted"
    other = only(await world.shopify(id=1, name="#1", updated_at=FIRST, **missing), status)
    order_id = await quarantined(world)
    assert (await world.act("merge", order_id, into=other)).status_code == 200
    (log, *_) = (await world.client.get("/v1/operations")).json()["items"]
    assert (log["action"], log["after"]["refunds"]) == ("quarantine.merged", 1)
    only(await changed(world, refunds=[REFUND, ANOTHER], **NOBODY), "updated")
    assert await untold(world) == []
    if waits:
        assert await told(world, other) == []
        only(await world.shopify(id=1, name="#1", updated_at=SECOND), "updated")
    assert sorted(await told(world, other)) == ["901", "902"]
    only(await changed(world, THIRD, refunds=[REFUND, ANOTHER], **NOBODY), "duplicate")
    assert sorted(await told(world, other)) == ["901", "902"]
    assert await told(world, order_id) == []


async def test_a_refund_in_another_currency_is_none_of_the_others_and_is_shown(
    world: World,
) -> None:
    other = only(await world.shopify(id=1, name="#1"), "accepted")
    order_id = await quarantined(world, currency="JPY", financial_status="pending")
    assert (await world.act("merge", order_id, into=other)).status_code == 200
    assert (await told(world, other), await untold(world)) == ([], [(order_id, "901")])
    (shown,) = (await world.client.get("/v1/refunds/untold")).json()["refunds"]
    assert (shown["merged_into"], shown["currency"]) == (other, "JPY")


async def test_a_refund_told_in_a_wrong_currency_is_shown_until_it_is_told_in_the_right_one(
    world: World,
) -> None:
    order_id = await quarantined(world, currency="JPY")
    only(await changed(world, refunds=[]), "updated")
    assert (await told(world, order_id), await untold(world)) == ([], [(order_id, "901")])
    only(await changed(world, THIRD, refunds=[REFUND]), "updated")
    assert (await told(world, order_id), await untold(world)) == (["901"], [])


def test_they_are_counted() -> None:
    registry = CollectorRegistry()
    Measures(registry).waiting(3, 2, 1)
    found = registry.get_sample_value("sluice_refunds_untold", {"service": "ingest"})
    assert found == 1
