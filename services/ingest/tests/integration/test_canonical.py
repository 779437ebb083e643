"""The canonical door: a document of the wrong shape is refused, wrong content is quarantined."""

from typing import Any

import pytest
from ingest_material.world import ENDLESS, World, a_payment, canonical, json_bytes, only

MEBIBYTE = 1024 * 1024


async def test_an_order_is_taken_in_and_announced_in_the_one_format(world: World) -> None:
    order_id = await world.accepted(currency="cny", address__country="cn")
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "event_log": 1, "outbox": 1}
    (receipt,) = await world.receipts()
    assert (receipt.channel, receipt.shop, receipt.topic) == ("mall", "demo", "canonical")
    (event,) = await world.events(order_id)
    order = event["data"]["order"]
    assert (order["currency"], order["address"]["country"]) == ("CNY", "CN")
    assert order["customer"]["phone"] == "+8613800138000"
    assert order["placed_at"] == "2025-01-22T01:30:00Z"
    assert order["payments"][0]["paid_at"] == "2025-01-22T01:31:10Z"


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in document.items() if field != name}


LINE = canonical()["lines"][0]
REFUSED: dict[str, tuple[Any, str]] = {
    "an unknown field": (canonical(colour="red"), "colour"),
    "an unknown field of a part": (canonical(customer__age=5), "customer.age"),
    "an unknown field of a line": (canonical(lines=[LINE | {"tax": 1}]), "lines.0.tax"),
    "an unknown field of a payment": (
        canonical(payments=[a_payment(fee=1)]),
        "payments.0.fee",
    ),
    "no channel": (without(canonical(), "channel"), "channel"),
    "no shop": (without(canonical(), "shop"), "shop"),
    "no number": (without(canonical(), "channel_order_no"), "channel_order_no"),
    "no time": (without(canonical(), "placed_at"), "placed_at"),
    "no currency": (without(canonical(), "currency"), "currency"),
    "an empty channel": (canonical(channel=""), "channel"),
    "a blank shop": (canonical(shop="  "), "shop"),
    "a blank number": (canonical(channel_order_no=" "), "channel_order_no"),
    "null for a number": (canonical(channel_order_no=None), "channel_order_no"),
    "a channel nobody can store": (canonical(channel="m\x00"), "channel"),
    "a channel without an end": (canonical(channel="m" * 201), "channel"),
    "a shop without an end": (canonical(shop=ENDLESS), "shop"),
    "a number as a number": (canonical(channel_order_no=1001), "channel_order_no"),
    "a float amount": (canonical(amounts__payable_minor=4080.0), "amounts.payable_minor"),
    "a fraction": (canonical(amounts__payable_minor=40.80), "amounts.payable_minor"),
    "an amount as text": (canonical(amounts__payable_minor="4080"), "amounts.payable_minor"),
    "an amount as a truth": (canonical(amounts__tax_minor=True), "amounts.tax_minor"),
    "null for an amount that has a default": (
        canonical(amounts__tax_minor=None),
        "amounts.tax_minor",
    ),
    "a quantity as text": (canonical(lines=[LINE | {"quantity": "2"}]), "lines.0.quantity"),
    "a quantity as a float": (canonical(lines=[LINE | {"quantity": 2.0}]), "lines.0.quantity"),
    "a time as a number": (canonical(placed_at=1_700_000_000), "placed_at"),
    "a time that is none": (canonical(placed_at="yesterday"), "placed_at"),
    "a day": (canonical(placed_at="2025-01-22"), "placed_at"),
    "a customer as text": (canonical(customer="me"), "customer"),
    "lines as an object": (canonical(lines=LINE), "lines"),
    "a line as text": (canonical(lines=["SKU-0001"]), "lines.0"),
    "more lines than can be": (canonical(lines=[LINE] * 2_001), "lines"),
    "more payments than can be": (canonical(payments=[a_payment()] * 2_001), "payments"),
}


@pytest.mark.parametrize(("document", "field"), REFUSED.values(), ids=REFUSED)
async def test_a_document_of_the_wrong_shape_is_refused_by_field_and_leaves_nothing(
    world: World, document: Any, field: str
) -> None:
    answer = await world.submit(document)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert field in answer.json()["detail"]
    assert await world.counts() == {}


async def test_everything_that_is_missing_is_named_at_once(world: World) -> None:
    answer = await world.submit({})
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        (name, "missing")
        for name in ("channel", "shop", "channel_order_no", "placed_at", "currency")
    ]


BODIES = {
    "nothing": b"",
    "text": b"hello",
    "an array": b"[]",
    "null": b"null",
    "half an object": b'{"channel": "mall"',
    "not a number": b'{"amounts": {"payable_minor": NaN}}',
    "a number beyond floats": b'{"amounts": {"payable_minor": 1e999}}',
    "a number of many digits": b'{"amounts": {"payable_minor": ' + b"9" * 5_000 + b"}}",
    "half a surrogate pair": b'{"channel": "\\ud800"}',
    "a byte that is no UTF-8": b'{"channel": "\xff"}',
    "UTF-16": '{"channel": "mall"}'.encode("utf-16"),
    "UTF-8 with a mark": b'\xef\xbb\xbf{"channel": "mall"}',
    "deep arrays": b"[" * 10_000 + b"]" * 10_000,
    "a deep memo": b'{"memo": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "a mebibyte of lines": b'{"lines": [' + b"{}," * (MEBIBYTE // 3 - 10) + b"{}]}",
    "a mebibyte of unknown fields": b"{"
    + b",".join(b'"%d": 1' % n for n in range(MEBIBYTE // 12))
    + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_what_is_no_document_is_refused_and_leaves_nothing(world: World, body: bytes) -> None:
    answer = await world.client.post("/v1/orders", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.counts() == {}


QUARANTINED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a time without an offset": ({"placed_at": "2025-01-22T09:30:00"}, {"no_time_zone"}),
    "the first day of the calendar": (
        {"placed_at": "0001-01-01T00:00:00+14:00"},
        {"placed_long_ago"},
    ),
    "the last day of the calendar": (
        {"placed_at": "9999-12-31T23:59:59-14:00"},
        {"placed_in_future"},
    ),
    "a payment on the first day": (
        {"payments": [a_payment(paid_at="0001-01-01T00:00:00+14:00")]},
        {"bad_paid_at"},
    ),
    "a number without an end": ({"channel_order_no": ENDLESS}, {"text_too_long"}),
    "a number with a NUL": ({"channel_order_no": "9\x00"}, {"control_character"}),
    "a reference without an end": (
        {"payments": [a_payment(reference=ENDLESS)]},
        {"text_too_long"},
    ),
    "numbers of thousands of digits": (
        {"lines": [LINE | {"quantity": 10**4_000, "unit_price_minor": 10**4_000}]},
        {"bad_quantity", "bad_price"},
    ),
    "wrong sums": ({"amounts__payable_minor": 4081}, {"payable_does_not_add_up"}),
    "nothing but an identity": (
        {"customer": {}, "address": {}, "lines": [], "amounts": {}, "payments": []},
        {"missing_phone", "missing_name", "missing_address", "missing_city", "no_lines"}
        | {"bad_amount"},
    ),
}


@pytest.mark.parametrize(("changes", "codes"), QUARANTINED.values(), ids=QUARANTINED)
async def test_wrong_content_is_kept_for_a_person_and_can_be_looked_at(
    world: World, changes: dict[str, Any], codes: set[str]
) -> None:
    answer = await world.submit(canonical(**changes))
    order_id = only(answer, "quarantined")
    assert {reason["code"] for reason in answer.json()["orders"][0]["reasons"]} == codes
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "quarantine": 1}
    found = await world.client.get(f"/v1/quarantine/{order_id}")
    assert {reason["code"] for reason in found.json()["reasons"]} == codes
    assert (await world.client.get("/v1/orders")).status_code == 200


async def test_a_document_may_have_any_media_type(world: World) -> None:
    answer = await world.client.post(
        "/v1/orders", content=json_bytes(canonical()), headers={"Content-Type": "text/plain"}
    )
    only(answer, "accepted")


async def test_what_was_sold_over_the_counter_needs_no_receiver(world: World) -> None:
    order_id = await world.accepted(
        delivery="in_store",
        customer={"name": None, "phone": None, "email": None, "platform_id": None},
        address={},
    )
    (event,) = await world.events(order_id)
    assert event["data"]["order"]["delivery"] == "in_store"
    assert event["data"]["order"]["customer"]["name"] == ""
