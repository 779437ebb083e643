"""Trying a mapping: what it makes of a message, where each field came from, what would change."""

import asyncio
import json
from typing import Any

import pytest
from ingest_material.mappings import Desk, shopify_mapping
from ingest_material.shopify import shopify_order
from ingest_material.world import World, only

NO_ID = "01a20692-87c5-711f-8342-552729252215"


@pytest.fixture
async def desk(world: World) -> Desk:
    desk = Desk(world)
    await desk.until_read_by(None)
    return desk


async def preview(desk: Desk, **body: Any) -> Any:
    answer = await desk.do("/preview", {"channel": "shopify", "topic": "orders/create"} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def origin(order: Any, field: str) -> Any:
    return next(each for each in order["origins"] if each["field"] == field)


# -- a preview


async def test_a_pasted_payload_is_read_and_every_field_says_where_it_came_from(
    desk: Desk, world: World
) -> None:
    document = shopify_mapping(memo={"value": "always"})
    payload = json.dumps(shopify_order())
    (order,) = (await preview(desk, document=document, payload=payload))["orders"]
    assert order["reasons"] == []
    assert order["order"]["memo"] == "always"
    made = {each["field"]: each for each in order["origins"]}
    assert set(document["fields"]) <= set(made)
    assert {f"lines.0.{name}" for name in document["lines"]["fields"]} <= set(made)
    assert {f"payments.0.{name}" for name in document["payments"][0]["fields"]} <= set(made)
    phone = made["customer.phone"]
    assert phone["rule"] == "fields.customer.phone"
    assert phone["found"] == [{"path": "@ship_to.phone", "value": "+852 2123 4567"}]
    assert phone["value"] == "+85221234567"
    assert (made["memo"]["constant"], made["memo"]["found"]) == (True, [])
    freight = made["amounts.freight_minor"]
    assert freight["formula"] == document["fields"]["amounts.freight_minor"]["formula"]
    assert "shipping_lines[0].price" in [found["path"] for found in freight["found"]]
    assert made["lines.0.sku"]["found"][0]["path"] == "sku"
    assert await world.counts() == {}


async def test_digits_are_exact_whatever_their_number(desk: Desk) -> None:
    text = json.dumps(shopify_order()).replace(
        json.dumps(shopify_order()["id"]), "9007199254740993123", 1
    )
    document = shopify_mapping(memo={"from": "weight"})
    payload = text[:-1] + ', "weight": 12345678901234567890123}'
    (order,) = (await preview(desk, document=document, payload=payload))["orders"]
    assert order["order"]["channel_order_no"] == "9007199254740993123"
    assert origin(order, "channel_order_no")["value"] == "9007199254740993123"
    assert origin(order, "memo")["value"] == "12345678901234567890123"
    document = shopify_mapping(amounts__tax_minor={"from": "weight", "then": [{"money": "major"}]})
    payload = text[:-1] + ', "weight": 19.10000000000000000000}'
    (order,) = (await preview(desk, document=document, payload=payload))["orders"]
    tax = origin(order, "amounts.tax_minor")
    assert tax["found"] == [{"path": "weight", "value": "19.10000000000000000000"}]
    assert (tax["value"], order["order"]["amounts"]["tax_minor"]) == ("1910", 1910)


async def test_a_message_that_came_is_read_again(desk: Desk, world: World) -> None:
    only(await world.shopify(), "accepted")
    (listed,) = (await desk.ask("/messages", channel="shopify")).json()["messages"]
    (receipt,) = await world.receipts()
    assert listed["receipt_id"] == str(receipt.receipt_id)
    assert (listed["topic"], listed["statuses"]) == ("orders/create", ["accepted"])
    assert listed["bytes"] == len(receipt.body)
    shown = await preview(desk, receipt_id=listed["receipt_id"], topic="")
    assert shown["orders"][0]["order"]["shop"] == "demo"
    assert shown["orders"][0]["reasons"] == []
    assert len(await world.orders()) == 1


async def test_what_would_send_an_order_to_quarantine_is_told(desk: Desk) -> None:
    payload = json.dumps(shopify_order(note={"a": 1}))
    document = shopify_mapping()
    document["held"] = {"when": "test == false", "reason": {"value": "wait"}}
    (order,) = (await preview(desk, document=document, payload=payload))["orders"]
    reasons = {(reason["field"], reason["code"]) for reason in order["reasons"]}
    assert reasons == {("memo", "unreadable_field"), ("state", "held_by_channel")}
    assert order["held"] == "wait"


async def test_orders_that_are_passed_over_are_counted(desk: Desk) -> None:
    shown = await preview(desk, payload=json.dumps(shopify_order(test=True)))
    assert (shown["orders"], shown["skipped"]) == ([], 1)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 422, "payload"),
        ({"payload": "{}", "receipt_id": NO_ID}, 422, "payload"),
        ({"payload": "{"}, 422, "payload"),
        ({"payload": "[1]"}, 422, "payload"),
        ({"payload": '{"a":' * 50_000}, 422, "payload"),
        ({"payload": '{"a":' * 50_000 + "1" + "}" * 50_000}, 422, "payload"),
        ({"payload": '{"a": NaN}'}, 422, "payload"),
        ({"payload": '{"a": ' + "9" * 5_000 + "}"}, 422, "payload"),
        ({"payload": "x" * 1_000_001}, 422, "payload"),
        ({"receipt_id": NO_ID}, 404, "message"),
        ({"channel": "nobody", "payload": "{}"}, 404, "mapped"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    desk: Desk, body: Any, status: int, word: str
) -> None:
    answer = await desk.do("/preview", {"channel": "shopify", "topic": "orders/create"} | body)
    assert (answer.status_code, word in answer.text) == (status, True), answer.text


async def test_a_message_of_another_channel_is_refused(desk: Desk, world: World) -> None:
    await world.woocommerce()
    (receipt,) = await world.receipts()
    body = {"channel": "shopify", "receipt_id": str(receipt.receipt_id)}
    assert (await desk.do("/preview", body)).status_code == 422


# -- what would change


async def test_what_would_change_is_told_before_and_after(desk: Desk, world: World) -> None:
    for number in range(1, 6):
        await world.shopify(id=number, note=f"note {number}")
    document = shopify_mapping(memo={"from": "note", "then": ["upper"]})
    body = {"channel": "shopify", "document": document}
    told = (await desk.do("/compare", body)).json()
    assert (told["messages"], told["orders"], told["changed"]) == (5, 5, 5)
    assert [change["channel_order_no"] for change in told["changes"]] == ["5", "4", "3", "2", "1"]
    assert told["changes"][0]["fields"] == [
        {"field": "memo", "before": "note 5", "after": "NOTE 5"}
    ]
    assert (told["newly_wrong"], told["newly_right"], told["gone"]) == (0, 0, 0)
    last = (await desk.do("/compare", body | {"last": 2})).json()
    assert (last["messages"], last["changed"]) == (2, 2)
    same = (await desk.do("/compare", body | {"document": shopify_mapping()})).json()
    assert (same["orders"], same["changes"]) == (5, [])


async def test_orders_that_would_be_quarantined_let_in_or_lost_are_counted(
    desk: Desk, world: World
) -> None:
    await world.shopify(id=1)
    only(await world.shopify(id=2, currency="?"), "quarantined")
    worse = shopify_mapping(customer__name={"from": "nowhere"})
    told = (await desk.do("/compare", {"channel": "shopify", "document": worse})).json()
    assert (told["newly_wrong"], told["newly_right"]) == (1, 0)
    (fields,) = (c["fields"] for c in told["changes"] if c["channel_order_no"] == "1")
    reasons = next(field for field in fields if field["field"] == "reasons")
    assert (reasons["before"], reasons["after"]) == ([], ["customer.name: missing_name"])
    lossy = shopify_mapping()
    lossy["skipped"] = {"when": "total_price > 0"}
    told = (await desk.do("/compare", {"channel": "shopify", "document": lossy})).json()
    assert told["gone"] >= 1


async def test_a_shop_with_a_mapping_of_its_own_is_not_compared_with_its_channels(
    desk: Desk, world: World
) -> None:
    await world.shopify(id=1)
    await desk.in_force(shopify_mapping(memo={"value": "own"}), shop="demo")
    document = shopify_mapping(memo={"value": "channel"})
    told = (await desk.do("/compare", {"channel": "shopify", "document": document})).json()
    assert told["messages"] == 0
    body = {"channel": "shopify", "shop": "demo", "document": document}
    told = (await desk.do("/compare", body)).json()
    assert told["changes"][0]["fields"] == [{"field": "memo", "before": "own", "after": "channel"}]


async def test_messages_are_taken_while_mappings_are_compared(desk: Desk, world: World) -> None:
    lines = [shopify_order()["line_items"][0] for _ in range(400)]
    for number in range(1, 31):
        await world.shopify(id=number, line_items=lines)
    document = shopify_mapping(memo={"value": "x"})
    ended: list[str] = []

    async def compare() -> None:
        answer = await desk.do("/compare", {"channel": "shopify", "document": document})
        assert answer.json()["orders"] >= 30
        ended.append("compare")

    async def take() -> None:
        for number in range(1_000, 1_005):
            only(await world.shopify(id=number), "accepted")
        ended.append("take")

    await asyncio.gather(compare(), take())
    assert ended == ["take", "compare"]
