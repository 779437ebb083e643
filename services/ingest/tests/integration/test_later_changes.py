"""What a channel changes about an order later: taken over and announced once, in any order."""

from typing import Any

from ingest_material.shopify import ADDRESS
from ingest_material.world import World, only

RECEIVED, ADDRESS_CHANGED = "order.received.v1", "address.changed.v1"
MEMO_CHANGED = "memo.changed.v1"
LINES_CHANGED, REFUND = "lines.changed.v1", "refund.requested.v1"
MOVED = ADDRESS | {"address1": "8 Queen's Road", "name": "Siu Ming"}
FIRST, SECOND, THIRD = (f"2025-11-22T1{n}:00:00+08:00" for n in range(3))
NOBODY: dict[str, Any] = {"shipping_address": None, "billing_address": None}


async def changed(world: World, at: str | None = SECOND, **changes: Any) -> Any:
    times = {"updated_at": at} if at else {}
    return await world.shopify(topic="orders/updated", **times, **changes)


async def placed(world: World, **changes: Any) -> str:
    return only(await world.shopify(updated_at=FIRST, **changes), "accepted")


async def test_another_address_is_announced_once(world: World) -> None:
    order_id = await placed(world)
    only(await changed(world, shipping_address=MOVED), "updated")
    only(await changed(world, shipping_address=MOVED), "duplicate")
    assert await world.announced(order_id) == [RECEIVED, ADDRESS_CHANGED]
    _, event = await world.events(order_id)
    assert event["data"]["customer"]["name"] == "Siu Ming"
    assert event["data"]["address"]["detail"].startswith("8 Queen's Road")
    order = (await world.client.get(f"/v1/orders/{order_id}")).json()["order"]
    assert order["customer"]["name"] == "Siu Ming"


async def test_addresses_of_an_order_are_counted(world: World) -> None:
    order_id = await placed(world)
    for at, address in ((SECOND, MOVED), (THIRD, ADDRESS)):
        only(await changed(world, at, shipping_address=address), "updated")
    _, *told = await world.events(order_id)
    assert [event["data"]["address_no"] for event in told] == [1, 2]


async def test_an_older_version_that_comes_late_changes_nothing(world: World) -> None:
    order_id = await placed(world)
    only(await changed(world, THIRD, note="ring twice"), "updated")
    only(await changed(world, SECOND, note="do not ring", shipping_address=MOVED), "duplicate")
    assert await world.announced(order_id) == [RECEIVED, MEMO_CHANGED]
    assert (await world.events(order_id))[1]["data"]["memo"] == "ring twice"


async def test_a_version_that_shows_nothing_new_is_newer_all_the_same(world: World) -> None:
    order_id = await placed(world)
    only(await changed(world, THIRD), "duplicate")
    only(await changed(world, SECOND, shipping_address=MOVED), "duplicate")
    assert await world.announced(order_id) == [RECEIVED]


async def test_what_a_refused_version_changed_is_told_by_the_next_one(world: World) -> None:
    order_id = await placed(world)
    wrong = {"shipping_address": MOVED, "note": "ring twice", "currency": "nothing"}
    for status in ("updated", "duplicate"):
        only(await changed(world, SECOND, **wrong), status)
    assert await world.announced(order_id) == [RECEIVED]
    right = wrong | {"currency": "HKD"}
    only(await changed(world, THIRD, **right), "updated")
    assert await world.announced(order_id) == [RECEIVED, ADDRESS_CHANGED, MEMO_CHANGED]


async def test_a_refund_told_of_in_quarantine_is_announced_when_a_person_lets_the_order_in(
    world: World,
) -> None:
    refund = {"id": 901, "created_at": SECOND, "transactions": [{"amount": "10.00"}]}
    order_id = only(await world.shopify(updated_at=FIRST, **NOBODY), "quarantined")
    for status in ("updated", "duplicate"):
        only(await changed(world, SECOND, refunds=[refund], **NOBODY), status)
    patch = {
        "customer": {"name": "Siu Ming", "phone": "+85221234567"},
        "address": {"detail": "8 Queen's Road", "city": "Hong Kong", "country": "HK"},
    }
    assert (await world.patch(order_id, patch)).status_code == 200
    assert (await world.act("release", order_id)).status_code == 200
    assert await world.announced(order_id) == [RECEIVED, REFUND]
    await changed(world, THIRD, refunds=[refund])
    assert (await world.announced(order_id)).count(REFUND) == 1


async def test_a_refund_told_of_in_a_wrong_currency_is_not_told_of_in_the_right_one(
    world: World,
) -> None:
    refund = {"id": 901, "created_at": SECOND, "transactions": [{"amount": "10.00"}]}
    wrong = {"updated_at": FIRST, "currency": "JPY", "refunds": [refund], **NOBODY}
    order_id = only(await world.shopify(**wrong), "quarantined")
    only(await changed(world, SECOND), "updated")
    assert await world.announced(order_id) == [RECEIVED]
    only(await changed(world, THIRD, refunds=[refund]), "updated")
    (*_, event) = await world.events(order_id)
    assert (event["data"]["currency"], event["data"]["amount_minor"]) == ("HKD", 1_000)


async def test_a_hidden_receiver_is_no_other_receiver(world: World) -> None:
    order_id = await placed(world)
    hidden = ADDRESS | {"name": "M**", "phone": "+852212***67"}
    await changed(world, shipping_address=hidden)
    assert await world.announced(order_id) == [RECEIVED]


async def test_a_wrong_change_is_written_down_and_not_taken_over(world: World) -> None:
    order_id = await placed(world)
    only(await changed(world, shipping_address=ADDRESS | {"phone": "1"}), "updated")
    assert await world.announced(order_id) == [RECEIVED]
    order = (await world.client.get(f"/v1/orders/{order_id}")).json()["order"]
    assert order["customer"]["phone"] == "+85221234567"
    only(await changed(world, shipping_address=ADDRESS | {"phone": "1"}), "duplicate")


async def test_other_lines_are_announced_once_and_the_order_stays_what_was_let_in(
    world: World,
) -> None:
    order_id = await placed(world)
    before = (await world.client.get(f"/v1/orders/{order_id}")).json()["order"]
    item = {"sku": "SKU-0001", "name": "Snow Tea - Large", "quantity": 1, "price": "120.00"}
    less = {
        "line_items": [item],
        "total_line_items_price": "120.00",
        "total_discounts": "0.00",
        "total_price": "145.00",
        "financial_status": "pending",
    }
    only(await changed(world, **less), "updated")
    only(await changed(world, **less), "duplicate")
    assert await world.announced(order_id) == [RECEIVED, LINES_CHANGED]
    assert (await world.client.get(f"/v1/orders/{order_id}")).json()["order"] == before


async def test_a_refund_is_announced_once_by_its_number(world: World) -> None:
    order_id = await placed(world)
    refund = {
        "id": 901,
        "note": "too small",
        "created_at": SECOND,
        "transactions": [{"amount": "10.00"}, {"amount": "2.50"}],
    }
    for status in ("updated", "duplicate"):
        only(await changed(world, refunds=[refund]), status)
    assert await world.announced(order_id) == [RECEIVED, REFUND]
    (_, event) = await world.events(order_id)
    assert (event["data"]["reference"], event["data"]["amount_minor"]) == ("901", 1_250)


async def test_a_refund_in_another_currency_is_no_refund_of_this_order(world: World) -> None:
    order_id = await placed(world)
    refund = {"id": 901, "created_at": SECOND, "transactions": [{"amount": "10.00"}]}
    await changed(world, refunds=[refund], currency="JPY")
    assert REFUND not in await world.announced(order_id)


async def test_what_the_channel_puts_right_leaves_quarantine_by_itself(world: World) -> None:
    order_id = only(await world.shopify(updated_at=FIRST, **NOBODY), "quarantined")
    only(await changed(world), "updated")
    assert await world.announced(order_id) == [RECEIVED]
    assert (await world.client.get(f"/v1/quarantine/{order_id}")).json()["state"] == "released"


async def test_a_payment_that_was_wrong_is_not_let_in_with_what_was_put_right(
    world: World,
) -> None:
    """The message that puts it right says what was paid, also under the same reference."""
    wrong = {"updated_at": FIRST, "total_price": "-325.50"}
    order_id = only(await world.shopify(**wrong), "quarantined")
    only(await changed(world), "updated")
    (event,) = await world.events(order_id)
    assert [p["amount_minor"] for p in event["data"]["order"]["payments"]] == [32550]


async def test_what_a_person_corrected_is_not_undone_by_a_repeat(world: World) -> None:
    order_id = only(await world.shopify(updated_at=FIRST, **NOBODY), "quarantined")
    fix = {
        "customer": {"name": "Mei", "phone": "+85221234567"},
        "address": {"country": "HK", "city": "Wan Chai", "detail": "1 Harbour Road"},
    }
    assert (await world.patch(order_id, fix)).json()["reasons"] == []
    only(await changed(world, **NOBODY), "duplicate")
    assert (await world.act("release", order_id)).status_code == 200
    only(await changed(world, THIRD, **NOBODY), "duplicate")
    assert await world.announced(order_id) == [RECEIVED]


async def test_a_change_in_many_deliveries_at_once_is_announced_once(world: World) -> None:
    order_id = await placed(world)
    for number in range(5):
        await world.shopify(
            topic="orders/updated", updated_at=SECOND, note="new", delivery=f"d-{number}"
        )
    assert await world.announced(order_id) == [RECEIVED, MEMO_CHANGED]
