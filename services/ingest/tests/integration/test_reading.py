"""Looking at orders: one, and lists by filters in pages."""

from typing import Any

import pytest
from ingest_material.world import World, canonical

NO_ID = "01a20692-87c5-711f-8342-552729252215"


async def listed(world: World, **filters: Any) -> list[str]:
    answer = await world.client.get("/v1/orders", params=filters)
    assert answer.status_code == 200, answer.text
    return [order["order_id"] for order in answer.json()["orders"]]


async def test_an_order_is_shown_as_intake_has_it(world: World) -> None:
    receipt = (await world.submit(canonical())).json()
    order_id = receipt["orders"][0]["order_id"]
    answer = await world.client.get(f"/v1/orders/{order_id}")
    shown = answer.json()
    assert (answer.status_code, shown["order_id"], shown["state"]) == (200, order_id, "received")
    assert shown["receipt_id"] == receipt["receipt_id"]
    assert shown["received_at"].endswith("Z")
    (event,) = await world.events(order_id)
    assert shown["order"] == event["data"]["order"]


async def test_what_is_not_there_is_not_found(world: World) -> None:
    for about, status in ((NO_ID, 404), ("no-id", 422), ("%00", 422)):
        answer = await world.client.get(f"/v1/orders/{about}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_orders_are_found_by_any_of_their_names_and_their_state(world: World) -> None:
    first = await world.accepted()
    second = await world.accepted(channel="other")
    third = await world.accepted(shop="other")
    fourth = await world.quarantined(channel_order_no="M-2")
    assert await listed(world) == [first, second, third, fourth]
    assert await listed(world, channel="mall") == [first, third, fourth]
    assert await listed(world, shop="other") == [third]
    assert await listed(world, channel_order_no="M-1001") == [first, second, third]
    assert await listed(world, channel="mall", shop="demo", channel_order_no="M-1001") == [first]
    assert await listed(world, state="quarantined") == [fourth]
    assert await listed(world, state="received", channel="other") == [second]
    assert await listed(world, channel="MALL") == []
    assert await listed(world, state="no such state") == []
    assert await listed(world, channel="' or true --") == []


async def test_a_list_comes_in_pages_by_arrival(world: World) -> None:
    ids = [await world.accepted(channel_order_no=f"M-{n}") for n in range(7)]
    pages: list[list[str]] = []
    filters: dict[str, Any] = {"limit": 3, "channel": "mall"}
    for _ in range(4):
        page = await listed(world, **filters)
        pages.append(page)
        filters["after"] = page[-1] if page else ids[-1]
    assert pages == [ids[:3], ids[3:6], ids[6:], []]
    assert await listed(world, after=NO_ID.replace("01a", "fff")) == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "after=x",
        "colour=red",
        "channel=",
        "channel=%00",
        "channel_order_no=%01",
        "shop=" + "x" * 201,
    ],
)
async def test_a_wrong_question_is_refused_by_field(world: World, query: str) -> None:
    answer = await world.client.get(f"/v1/orders?{query}")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == f"query.{query.partition('=')[0]}"


async def test_the_longest_page_is_two_hundred_orders(world: World) -> None:
    assert await listed(world, limit=200) == []
