"""Orders that the channel keeps back: corrected meanwhile or not, they go on when it says so."""

from typing import Any

import pytest
from ingest_material.mappings import Desk, shopify_mapping
from ingest_material.shopify import ADDRESS
from ingest_material.world import World, only

FIRST, SECOND, THIRD = (f"2025-11-22T1{n}:00:00+08:00" for n in range(3))
NO_PHONE = {"shipping_address": ADDRESS | {"phone": "1"}}
PHONE = {"customer": {"phone": "+85221234567"}}
HELD = {"tags": "hold"}
Reasons = list[tuple[str, str]]


@pytest.fixture(autouse=True)
async def mapped(world: World) -> None:
    """Let the shop's orders be held by a tag."""
    document = shopify_mapping()
    document["values"]["tags"] = {"from": "tags", "default": ""}
    document["held"] = {"when": 'tags == "hold"', "reason": {"value": "risk control"}}
    desk = Desk(world)
    await desk.until_read_by(None)
    await desk.in_force(document)


async def held(world: World, **changes: Any) -> str:
    return only(await world.shopify(updated_at=FIRST, **HELD, **changes), "quarantined")


async def changed(world: World, at: str = SECOND, **changes: Any) -> Any:
    return await world.shopify(topic="orders/updated", updated_at=at, **changes)


async def reasons(world: World, order_id: str) -> Reasons:
    shown = (await world.client.get(f"/v1/quarantine/{order_id}")).json()
    return [(reason["code"], reason["field"]) for reason in shown["reasons"]]


async def test_a_held_order_goes_on_when_the_channel_lets_it(world: World) -> None:
    order_id = await held(world)
    assert await reasons(world, order_id) == [("held_by_channel", "state")]
    only(await changed(world), "updated")
    assert await world.announced(order_id) == ["order.received.v1"]


async def test_a_corrected_order_stays_held_and_goes_on_as_corrected(world: World) -> None:
    order_id = await held(world, **NO_PHONE)
    answer = (await world.patch(order_id, PHONE)).json()
    assert [reason["code"] for reason in answer["reasons"]] == ["held_by_channel"]
    only(await changed(world, FIRST, **HELD, **NO_PHONE), "duplicate")
    assert await world.announced(order_id) == []
    only(await changed(world, SECOND, **NO_PHONE), "updated")
    only(await changed(world, SECOND, **NO_PHONE), "duplicate")
    (event,) = await world.events(order_id)
    assert event["type"] == "order.received.v1"
    assert event["data"]["order"]["customer"]["phone"] == "+85221234567"
    assert (await world.client.get(f"/v1/quarantine/{order_id}")).json()["state"] == "released"


@pytest.mark.parametrize("corrected", [False, True], ids=["as it came", "corrected"])
async def test_nobody_releases_what_the_channel_keeps_back(
    world: World, *, corrected: bool
) -> None:
    order_id = await held(world, **(NO_PHONE if corrected else {}))
    if corrected:
        await world.patch(order_id, PHONE)
    answer = await world.act("release", order_id)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("state", "held_by_channel")
    assert "risk control" in error["message"]
    assert await world.announced(order_id) == []
    # The hold ends by its own cause alone, and then there is nothing left to release.
    only(await changed(world, **(NO_PHONE if corrected else {})), "updated")
    assert await world.announced(order_id) == ["order.received.v1"]
    assert (await world.act("release", order_id)).status_code == 409


async def test_a_hold_that_ends_does_not_release_what_is_wrong_beside(world: World) -> None:
    order_id = await held(world, **NO_PHONE)
    only(await changed(world, **NO_PHONE), "updated")
    assert await reasons(world, order_id) == [("bad_phone", "customer.phone")]
    await world.patch(order_id, PHONE)
    assert (await world.act("release", order_id)).status_code == 200
    assert await world.announced(order_id) == ["order.received.v1"]


async def test_a_corrected_order_with_something_left_waits_for_a_person(world: World) -> None:
    order_id = await held(world, currency="?", **NO_PHONE)
    await world.patch(order_id, PHONE)
    only(await changed(world, currency="?", **NO_PHONE), "updated")
    assert ("held_by_channel", "state") not in await reasons(world, order_id)
    assert ("bad_currency", "currency") in await reasons(world, order_id)
    assert await world.announced(order_id) == []


async def test_a_corrected_order_that_the_channel_holds_later_says_so(world: World) -> None:
    answer = await world.shopify(updated_at=FIRST, **NO_PHONE)
    order_id = only(answer, "quarantined")
    await world.patch(order_id, {"memo": "ring twice"})
    only(await changed(world, **HELD, **NO_PHONE), "updated")
    assert await reasons(world, order_id) == [
        ("held_by_channel", "state"),
        ("bad_phone", "customer.phone"),
    ]


async def test_what_could_not_be_read_stays_until_it_is_corrected(world: World) -> None:
    answer = await world.shopify(updated_at=FIRST, note={"a": 1}, **NO_PHONE)
    order_id = only(answer, "quarantined")
    await world.patch(order_id, PHONE)
    assert await reasons(world, order_id) == [("unreadable_field", "memo")]
    await world.patch(order_id, {"memo": "ring twice"})
    assert await reasons(world, order_id) == []


@pytest.mark.parametrize("corrected", [False, True], ids=["as it came", "corrected"])
async def test_one_that_was_cancelled_while_it_was_held_is_not_forgotten(
    world: World, *, corrected: bool
) -> None:
    order_id = await held(world)
    if corrected:
        await world.patch(order_id, {"memo": "ring twice"})
    only(await changed(world, FIRST, cancelled_at=FIRST, **HELD), "updated")
    only(await changed(world, SECOND, cancelled_at=FIRST), "updated")
    assert await world.announced(order_id) == ["order.received.v1", "cancellation.requested.v1"]


async def test_holds_of_an_order_that_is_here_are_counted(world: World) -> None:
    order_id = only(await world.shopify(updated_at=FIRST), "accepted")
    for at, tags in ((FIRST, HELD), (SECOND, {}), (SECOND, HELD), (THIRD, HELD)):
        await changed(world, at, **tags)
    _, *told = await world.events(order_id)
    assert [(event["type"], event["data"]["hold_no"]) for event in told] == [
        ("hold.requested.v1", 1),
        ("hold.lifted.v1", 2),
        ("hold.requested.v1", 3),
    ]
    assert told[0]["data"]["reason"] == "risk control"
