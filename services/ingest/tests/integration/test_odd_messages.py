"""Authentic messages that databases, numbers and recursion choke on: kept, and answered."""

import json
from typing import Any

import pytest
from ingest_material.world import World, canonical, only

from common.http.edge import BODY_BYTES_MAX

ORDER = '{{"id": 6212345678901, "currency": "HKD", "odd": {}}}'
NESTED = "[" * 10_000 + "]" * 10_000
ODD = {
    "a number of 10,000 digits": ORDER.format("9" * 10_000),
    "an exponent without end": ORDER.format("1e999999999"),
    "an exponent beyond all": ORDER.format("1e99999999999999999999"),
    "10,000 lists in each other": ORDER.format(NESTED),
    "10,000 lists and nothing else": NESTED,
    "a zero byte in the number": '{"id": "62\\u000012", "currency": "HKD"}',
    "a zero byte in a name": '{"id": 1, "currency": "HKD", "note": "a\\u0000b", "\\u0000": 1}',
    "half a character": '{"id": "\\ud800", "currency": "\\udfff", "note": "\\ud800"}',
    "a number beyond bigint": '{"id": 99999999999999999999999, "total_price": 1e30}',
    "the year 0": '{"id": 1, "created_at": "0000-01-01T00:00:00Z", "updated_at": "0000-01-01"}',
    "the year 1, before it in UTC": '{"id": 1, "updated_at": "0001-01-01T00:00:00+14:00"}',
    "the year 9999, after it in UTC": '{"id": 1, "updated_at": "9999-12-31T23:59:59-14:00"}',
    "the year 10000": '{"id": 1, "created_at": "10000-01-01T00:00:00Z"}',
    "many names of one letter": json.dumps({chr(0x4E00 + n): n for n in range(20_000)}),
}


@pytest.mark.parametrize("what", ODD)
async def test_it_waits_in_quarantine_with_its_receipt(world: World, what: str) -> None:
    answer = await world.shopify(body=ODD[what].encode())
    assert answer.status_code == 202, answer.text
    (told,) = answer.json()["orders"]
    assert told["status"] == "quarantined"
    (receipt,) = await world.receipts()
    assert bytes(receipt.body) == ODD[what].encode()
    shown = await world.client.get(f"/v1/quarantine/{told['order_id']}")
    assert shown.status_code == 200
    assert shown.json()["reasons"] == told["reasons"]


async def test_two_megabytes_of_names_are_too_large(world: World) -> None:
    body = json.dumps({str(n): 1 for n in range(200_000)}).encode()
    assert len(body) > 2 * BODY_BYTES_MAX
    assert (await world.shopify(body=body)).status_code == 413
    assert await world.counts() == {}


async def test_an_order_told_of_again_at_an_odd_time_is_the_same(world: World) -> None:
    """Times that cannot be compared, the one stored with the one that comes."""
    for time in ("2025-11-22T09:30:02", "2025-11-22T09:30:02Z", "0001-01-01T00:00:00+14:00"):
        refund = {"id": time, "processed_at": time, "transactions": [{"amount": "1.00"}]}
        answer = await world.shopify(topic="orders/updated", updated_at=time, refunds=[refund])
        assert answer.status_code == 202, answer.text
    (order,) = await world.orders()
    assert order.state == "received"


@pytest.mark.parametrize(
    "changes",
    [
        {"memo": "a\x00b"},
        {"channel_order_no": "\x00"},
        {"amounts__payable_minor": 2**63},
        {"lines": [{"quantity": -(2**63), "unit_price_minor": 2**70}]},
        {"placed_at": "0001-01-01T00:00:00+14:00"},
        {"placed_at": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_nor_does_the_canonical_door_fail(world: World, changes: dict[str, Any]) -> None:
    answer = await world.submit(canonical(**changes))
    assert answer.status_code in {202, 422}
    orders = await world.orders()
    assert [order.state for order in orders] == ["quarantined"] * (answer.status_code == 202)


@pytest.mark.parametrize("raw", ['"\\ud800"', "1e999999999", "9" * 10_000, NESTED, "NaN", "1" * 40])
async def test_a_document_of_the_wrong_shape_is_refused(world: World, raw: str) -> None:
    text = json.dumps(canonical(memo="here")).replace('"here"', raw)
    headers = {"Content-Type": "application/json"}
    answer = await world.client.post("/v1/orders", content=text, headers=headers)
    assert answer.status_code == 422, answer.text
    assert await world.counts() == {}


async def test_long_names_of_deliveries_are_told_apart_to_their_last_letter(world: World) -> None:
    name = "d" * 300
    for number, ending in enumerate("ab", 1):
        only(await world.shopify(id=number, delivery=name + ending), "accepted")
    only(await world.shopify(id=3, delivery=name + "a"), "duplicate")
    assert len(await world.orders()) == 2
