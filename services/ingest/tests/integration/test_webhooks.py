"""Webhooks: what is authentic is kept, what is not leaves nothing behind."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from ingest_material.shopify import shopify_order, signature
from ingest_material.world import ENDLESS, World, client_of, json_bytes, only
from sqlalchemy import text
from starlette.types import ASGIApp

MEBIBYTE = 1024 * 1024
SHOPIFY = "/v1/webhooks/shopify/demo"


async def post(
    client: httpx.AsyncClient, body: Any, signed: str | None, path: str = SHOPIFY
) -> httpx.Response:
    headers = {} if signed is None else {"X-Shopify-Hmac-Sha256": signed}
    return await client.post(path, content=body, headers=headers)


async def test_an_order_is_stored_with_its_receipt_and_its_event_in_one_commit(
    world: World,
) -> None:
    body = json.dumps(shopify_order(), indent=1, ensure_ascii=True).encode()
    answer = await world.shopify(body=body, delivery="d-1")
    order_id = only(answer, "accepted")
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "event_log": 1, "outbox": 1}
    (receipt,) = await world.receipts()
    assert receipt.body == body
    assert (receipt.channel, receipt.shop, receipt.topic, receipt.delivery_id) == (
        "shopify",
        "demo",
        "orders/create",
        "d-1",
    )
    assert str(receipt.receipt_id) == answer.json()["receipt_id"]
    (order,) = await world.orders()
    assert (str(order.order_id), order.state) == (order_id, "received")
    assert order.channel_order_no == "6212345678901"
    (event,) = await world.events(order_id)
    assert event["type"] == "order.received.v1"
    assert event["data"]["order"] == order.document
    assert event["data"]["order"]["customer"]["phone"] == "+85221234567"
    tables = ("sales_order", "receipt", "event_log", "outbox")
    commits = {(await world.rows(text(f"select xmin from ingest.{t}")))[0].xmin for t in tables}
    assert len(commits) == 1


async def test_times_and_traces_go_on_in_the_event(world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    body = json_bytes(shopify_order())
    headers = {"X-Shopify-Hmac-Sha256": signature(body, "the new secret"), "Traceparent": trace}
    only(await world.client.post(SHOPIFY, content=body, headers=headers), "accepted")
    (event,) = await world.events()
    assert event["traceparent"][:36] == trace[:36]
    assert event["occurred_at"].endswith("Z")
    assert event["data"]["order"]["placed_at"] == "2025-11-22T01:30:00Z"
    assert event["data"]["order"]["payments"][0]["paid_at"] == "2025-11-22T01:29:58Z"


@pytest.mark.parametrize("trace", ["", "garbage", "00-" + "0" * 32, "é", "x" * 10_000])
async def test_a_malformed_trace_begins_a_new_one(world: World, trace: str) -> None:
    body = json_bytes(shopify_order())
    headers = httpx.Headers(
        {"X-Shopify-Hmac-Sha256": signature(body, "the new secret"), "Traceparent": trace},
        encoding="latin-1",
    )
    only(await world.client.post(SHOPIFY, content=body, headers=headers), "accepted")


@pytest.mark.parametrize("secret", ["the old secret", "the new secret"])
async def test_either_secret_of_a_shop_will_do(world: World, secret: str) -> None:
    body = json_bytes(shopify_order())
    only(await post(world.client, body, signature(body, secret)), "accepted")


@pytest.mark.parametrize(
    "signed",
    [
        None,
        "",
        "garbage",
        "é",
        signature(b"another body", "the new secret"),
        signature(json_bytes(shopify_order()), "woo"),
        signature(json_bytes(shopify_order()), ""),
    ],
)
async def test_what_is_not_signed_by_the_shop_leaves_nothing(
    world: World, nobody: httpx.AsyncClient, signed: str | None
) -> None:
    headers = httpx.Headers(
        {} if signed is None else {"X-Shopify-Hmac-Sha256": signed}, encoding="latin-1"
    )
    for client in (world.client, nobody):
        answer = await client.post(SHOPIFY, content=json_bytes(shopify_order()), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert await world.counts() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/webhooks/shopify/other",
        "/v1/webhooks/other/demo",
        "/v1/webhooks/Shopify/demo",
        "/v1/webhooks/shopify/DEMO",
        "/v1/webhooks/shopify/demo%00",
        "/v1/webhooks/shopify/demo%2Fmore",
        "/v1/webhooks/shopify/%FF",
        "/v1/webhooks/shopify/demo/more",
        "/v1/webhooks/shopify",
    ],
)
async def test_a_channel_or_shop_nobody_set_up_is_not_found(world: World, path: str) -> None:
    body = json_bytes(shopify_order())
    answer = await post(world.client, body, signature(body, "the new secret"), path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.counts() == {}


async def test_a_shop_needs_no_key(world: World, nobody: httpx.AsyncClient) -> None:
    only(await world.shopify(client=nobody), "accepted")


async def test_an_order_cannot_say_it_is_another_shops(world: World) -> None:
    only(await world.shopify(channel="mall", shop="other"), "accepted")
    (order,) = await world.orders()
    assert (order.channel, order.shop) == ("shopify", "demo")


# -- size


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize("size", [MEBIBYTE + 1, 10 * MEBIBYTE])
@pytest.mark.parametrize("path", [SHOPIFY, "/v1/orders"])
async def test_a_body_beyond_a_mebibyte_is_refused_however_it_comes(
    world: World, size: int, path: str
) -> None:
    for body in (b" " * size, in_chunks(size)):
        answer = await post(world.client, body, "unsigned", path)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
    assert await world.counts() == {}


async def test_a_body_of_exactly_a_mebibyte_is_read(world: World) -> None:
    order = shopify_order(note="")
    order["note_attributes"] = "x" * (MEBIBYTE - len(json_bytes(order)))
    body = json_bytes(order)
    body += b" " * (MEBIBYTE - len(body))
    assert len(body) == MEBIBYTE
    only(await world.shopify(body=body), "accepted")
    (receipt,) = await world.receipts()
    assert receipt.body == body


async def test_a_mebibyte_of_lines_is_kept_and_answered_in_brief(world: World) -> None:
    order = json_bytes(shopify_order(line_items=[]))
    fill = (MEBIBYTE - len(order)) // 3 - 1
    body = order.replace(b'"line_items": []', b'"line_items": [' + b"{}," * fill + b"{}]")
    answer = await world.shopify(body=body)
    only(answer, "quarantined")
    assert len(answer.content) < 1_000


async def test_more_lines_than_an_order_may_have_are_kept_and_answered_in_bounds(
    world: World,
) -> None:
    answer = await world.shopify(line_items=[{}] * 2_000)
    only(answer, "quarantined")
    assert len(answer.content) < MEBIBYTE // 4
    assert "too_many_lines" in answer.text


# -- what cannot be read

UNREADABLE = {
    "nothing": b"",
    "text": b"hello",
    "a form": b"webhook_id=12",
    "half an object": b'{"id": 1',
    "two objects": b"{}{}",
    "a comment": b"{} // done",
    "a trailing comma": b'{"id": 1,}',
    "not a number": b'{"id": NaN}',
    "an infinite number": b'{"total_price": -Infinity}',
    "a number of many digits": b'{"id": ' + b"9" * 5_000 + b"}",
    "a byte that is no UTF-8": b'{"id": "\xff"}',
    "an overlong encoding": b'{"id": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"id": "\xed\xa0\x80"}',
    "UTF-16": '{"id": "1"}'.encode("utf-16"),
    "UTF-8 with a mark": b'\xef\xbb\xbf{"id": "1"}',
    "GBK": '{"name": "张三"}'.encode("gbk"),
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "deep arrays": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "an array": b"[]",
    "a string": b'"order"',
    "null": b"null",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_authentic_but_cannot_be_read_is_kept_for_a_person(
    world: World, body: bytes
) -> None:
    answer = await world.shopify(body=body)
    order_id = only(answer, "quarantined")
    (reason,) = answer.json()["orders"][0]["reasons"]
    assert (reason["code"], reason["value"]) == ("unreadable_payload", None)
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "quarantine": 1}
    (receipt,) = await world.receipts()
    assert receipt.body == body
    listed = (await world.client.get("/v1/quarantine")).json()["orders"]
    assert [one["order_id"] for one in listed] == [order_id]


ONE_FIELD_UNREADABLE = {
    "a number beyond floats": (b'{"total_price": 1e999}', "amounts.payable_minor"),
    "half a surrogate pair": (b'{"id": "\\ud800"}', "channel_order_no"),
    "a wrong type": (b'{"id": 1.5}', "channel_order_no"),
    "a sum beyond decimals": (b'{"total_price": "1e999999"}', "amounts.payable_minor"),
}


@pytest.mark.parametrize(("body", "field"), ONE_FIELD_UNREADABLE.values(), ids=ONE_FIELD_UNREADABLE)
async def test_a_field_that_cannot_be_read_is_named_and_the_rest_is_read(
    world: World, body: bytes, field: str
) -> None:
    answer = await world.shopify(body=body)
    only(answer, "quarantined")
    reasons = answer.json()["orders"][0]["reasons"]
    assert ("unreadable_field", field) in {(r["code"], r["field"]) for r in reasons}
    (receipt,) = await world.receipts()
    assert receipt.body == body


READABLE: dict[str, tuple[bytes, str]] = {
    "no fields": (b"{}", "quarantined"),
    "duplicate fields": (
        json_bytes(shopify_order()).replace(b'"id": 6212345678901,', b'"id": 1, "id": 2,', 1),
        "accepted",
    ),
    "a NUL in the number": (json_bytes(shopify_order(id="1\x002")), "quarantined"),
    "a NUL in a name": (
        json_bytes(shopify_order(billing_address={}, shipping_address={"name": "\x00"})),
        "quarantined",
    ),
    "a number nobody can store": (json_bytes(shopify_order(id=ENDLESS)), "quarantined"),
    "a number of many signs": (json_bytes(shopify_order(id="订" * 201)), "quarantined"),
    "a number as long as may be": (json_bytes(shopify_order(id="订" * 200)), "accepted"),
    "a reference nobody can store": (json_bytes(shopify_order(name=ENDLESS)), "quarantined"),
    "the first day of the calendar": (
        json_bytes(shopify_order(created_at="0001-01-01T00:00:00+08:00")),
        "quarantined",
    ),
    "the last day of the calendar": (
        json_bytes(shopify_order(created_at="9999-12-31T23:59:59-08:00")),
        "quarantined",
    ),
    "a payment on the first day": (
        json_bytes(shopify_order(processed_at="0001-01-01T00:00:00+08:00")),
        "quarantined",
    ),
    "emoji and right-to-left": (json_bytes(shopify_order(note="🍜\u202eabc\u2028")), "accepted"),
    "a reason with a NUL": (
        json_bytes(shopify_order(cancelled_at="2025-11-22T01:00:00Z", cancel_reason="\x00" * 9)),
        "accepted",
    ),
    "a reason without an end": (
        json_bytes(shopify_order(cancelled_at="2025-11-22T01:00:00Z", cancel_reason="x" * 99_999)),
        "accepted",
    ),
}


@pytest.mark.parametrize(("body", "status"), READABLE.values(), ids=READABLE)
async def test_odd_orders_are_taken_in_or_kept_for_a_person(
    world: World, body: bytes, status: str
) -> None:
    order_id = only(await world.shopify(body=body, delivery="d-1"), status)
    (receipt,) = await world.receipts()
    assert receipt.body == body
    again = await world.shopify(body=body, delivery="d-1")
    assert only(again, "duplicate") == order_id
    for path in ("/v1/orders", f"/v1/orders/{order_id}", "/v1/quarantine"):
        assert (await world.client.get(path)).status_code == 200
    assert len(await world.orders()) == 1
    assert (await world.announced())[:1] == (["order.received.v1"] if status == "accepted" else [])


async def test_a_message_about_something_else_is_kept_and_is_no_order(world: World) -> None:
    answer = await world.shopify({"id": 5}, topic="products/update", delivery="d-1")
    assert (answer.status_code, answer.json()["orders"]) == (202, [])
    assert await world.counts() == {"receipt": 1}
    assert (await world.shopify({"id": 5}, topic="products/update", delivery="d-1")).json() == (
        answer.json()
    )
    assert await world.counts() == {"receipt": 1}


async def test_of_a_long_delivery_id_a_digest_is_kept_and_of_a_long_topic_a_part(
    world: World,
) -> None:
    only(await world.shopify(delivery="d" * 5_000), "accepted")
    await world.shopify({"id": 5}, topic="t" * 5_000)
    first, second = await world.receipts()
    digest = hashlib.sha256(b"d" * 5_000).hexdigest()
    assert (first.delivery_id, len(second.topic)) == (f"sha256:{digest}", 200)


# -- WooCommerce


async def test_a_ping_is_answered_and_leaves_nothing(
    world: World, nobody: httpx.AsyncClient
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    path = "/v1/webhooks/woocommerce/demo"
    answer = await nobody.post(path, content=b"webhook_id=12", headers=form)
    assert (answer.status_code, answer.text) == (200, "ok")
    other = await nobody.post("/v1/webhooks/woocommerce/other", content=b"webhook_id=12")
    assert other.status_code == 404
    forged = await nobody.post(path, content=b"webhook_id=12&x=1", headers=form)
    assert forged.status_code == 401
    assert (await nobody.post(SHOPIFY, content=b"webhook_id=12")).status_code == 401
    assert await world.counts() == {}


async def test_a_woocommerce_order_is_taken_in(world: World) -> None:
    order_id = only(await world.woocommerce(), "accepted")
    (event,) = await world.events(order_id)
    assert event["data"]["order"]["amounts"]["payable_minor"] == 3_625


async def test_two_woocommerce_orders_of_one_second_are_two_orders(world: World) -> None:
    """Their deliveries have the same id: WooCommerce makes it of the webhook and the second."""
    one = await world.woocommerce(delivery="same-second", id=1, number="1")
    two = await world.woocommerce(delivery="same-second", id=2, number="2")
    assert only(one, "accepted") != only(two, "accepted")
    again = await world.woocommerce(delivery="same-second", id=2, number="2")
    assert only(again, "duplicate") == only(two, "accepted")
    assert await world.announced() == ["order.received.v1"] * 2


async def test_what_an_api_describes_can_be_read_by_tools(app: ASGIApp) -> None:
    """Every reference in the description leads somewhere."""
    async with client_of(app, key=None) as client:
        described = await client.get("/openapi.json")
    schemas = described.json()["components"]["schemas"]
    prefix = "#/components/schemas/"
    references = {part.split('"')[0] for part in described.text.split(f'"$ref":"{prefix}')[1:]}
    assert references
    assert references <= set(schemas)
    assert "Draft" in references
