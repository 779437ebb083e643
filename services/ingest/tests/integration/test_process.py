"""The API as a process: on a real socket, beside another process, and in what it writes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from ingest_material.process import ServiceProcess, api_process
from ingest_material.shopify import ADDRESS, shopify_order, signature
from ingest_material.woocommerce import BILLING, woocommerce_order
from ingest_material.world import SECRETS, World, a_payment, canonical, json_bytes, only

from support.proxy import Mode, Proxy, proxied

NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"
MEBIBYTE = 1024 * 1024
SHOPIFY = "/v1/webhooks/shopify/demo"


@pytest.fixture(scope="module")
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    async with proxied(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def process(
    proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    environment = {
        "DATABASE_URL": proxy.url,
        "AMQP_URL": NOBODY_THERE,
        "LOG_LEVEL": "debug",
        "WEBHOOK_SECRETS": json.dumps(SECRETS),
    }
    output: Path = tmp_path_factory.mktemp("process") / "output"
    async with api_process(output, environment) as process:
        yield process


async def test_two_processes_answer_one_call_once(world: World, process: ServiceProcess) -> None:
    async with process.client() as other:
        clients = cycle((world.client, other))
        answers = await asyncio.gather(
            *(world.submit(canonical(), "k-1", next(clients)) for _ in range(60)),
        )
        delivered = await asyncio.gather(
            *(world.shopify(client=next(clients), delivery="d-1") for _ in range(60))
        )
    assert len({answer.content for answer in answers}) == 1
    told = sorted(answer.json()["orders"][0]["status"] for answer in delivered)
    assert told == ["accepted"] + ["duplicate"] * 59
    assert len(await world.orders()) == len(await world.announced()) == 2


# -- on the wire


def chunked(size: int) -> bytes:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    return chunk * (size // 65_536) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [2 * MEBIBYTE, 10 * MEBIBYTE])
async def test_a_body_too_large_is_refused_on_the_wire(
    world: World, process: ServiceProcess, size: int
) -> None:
    head = f"POST {SHOPIFY} HTTP/1.1\r\nHost: ingest\r\nConnection: close\r\n".encode()
    for raw in (
        head + b"Content-Length: %d\r\n\r\n" % size + b" " * size,
        head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(size),
    ):
        answer = await process.send(raw)
        assert answer.split(b" ", 2)[1] == b"413"
        assert b"application/problem+json" in answer
    assert await world.counts() == {}


@pytest.mark.parametrize(
    "header",
    [
        b"X-Shopify-Webhook-Id: a\x00b",
        b"X-Shopify-Hmac-Sha256: \x00",
        b"Idempotency-Key: a\x00b",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999",
    ],
    ids=lambda header: repr(header[:40]),
)
async def test_a_request_that_is_not_http_is_refused_on_the_wire(
    world: World, process: ServiceProcess, header: bytes
) -> None:
    raw = b"POST /v1/orders HTTP/1.1\r\nHost: ingest\r\nConnection: close\r\n" + header
    answer = await process.send(raw + b"\r\nContent-Length: 2\r\n\r\n{}")
    assert answer.split(b" ", 2)[1] in (b"400", b"413", b"431")
    assert await world.counts() == {}


async def test_bytes_beyond_ascii_in_headers_are_no_signature_and_no_key(
    world: World, process: ServiceProcess
) -> None:
    for path, header in (
        (SHOPIFY, b"X-Shopify-Hmac-Sha256: \xe5\xbc\xa0\xff"),
        ("/v1/orders", b"Authorization: Bearer \xe5\xbc\xa0\xff"),
        ("/v1/orders", b"X-API-Key: \xff"),
    ):
        raw = f"POST {path} HTTP/1.1\r\nHost: ingest\r\nConnection: close\r\n".encode() + header
        answer = await process.send(raw + b"\r\nContent-Length: 2\r\n\r\n{}")
        assert answer.split(b" ", 2)[1] == b"401"
    assert await world.counts() == {}


# -- what is written

MARKS = {
    "name": "Marlene Merkwort",
    "phone": "139****4713",
    "email": "merkwort@example.com",
    "street": "Merkwortgasse 17",
    "postcode": "MW-4713",
    "memo": "merkwort-memo",
    "platform": "merkwort-platform",
}
MARKED = {
    "customer": {
        "name": MARKS["name"],
        "phone": MARKS["phone"],
        "email": MARKS["email"],
        "platform_id": MARKS["platform"],
    },
    "address": {
        "country": "CN",
        "city": "B",
        "detail": MARKS["street"],
        "postcode": MARKS["postcode"],
    },
    "memo": MARKS["memo"],
}


def bad_documents() -> Iterator[Any]:
    """Documents with the marks in all places and everything that can be wrong with them."""
    yield canonical(**MARKED)
    yield canonical(**MARKED, currency="?", lines=[])
    yield canonical(**MARKED, colour="red")
    yield canonical(**MARKED) | {"placed_at": MARKS["name"]}
    yield canonical(**MARKED) | {"customer": MARKS["name"]}
    yield canonical(**MARKED) | {"channel_order_no": None}
    for part in ("customer", "address"):
        for field, value in MARKED[part].items():  # type: ignore[attr-defined]
            for wrong in (f"{value}\x00", [value], {value: value}, f"{value}{'x' * 3_000}"):
                yield canonical(**MARKED) | {part: MARKED[part] | {field: wrong}}  # type: ignore[operator]


def bad_webhooks() -> Iterator[tuple[str, bytes, str]]:
    address = ADDRESS | {"name": MARKS["name"], "phone": MARKS["phone"], "zip": MARKS["postcode"]}
    address["address1"] = MARKS["street"]
    order = shopify_order(shipping_address=address, email=MARKS["email"], note=MARKS["memo"])
    for odd in (
        {},
        {"currency": MARKS["name"], "total_price": "1.234"},
        {"created_at": MARKS["name"]},
        {"total_price": MARKS["name"]},
        {"shipping_address": MARKS["name"]},
        {"line_items": [MARKS["name"]]},
        {"id": [MARKS["name"]]},
    ):
        yield "shopify", json_bytes(order | odd), "the new secret"
    yield "shopify", json_bytes(order)[:-9], "the new secret"
    yield "shopify", json_bytes(order), "no secret at all"
    billing = BILLING | {"first_name": MARKS["name"], "phone": MARKS["phone"]}
    yield "woocommerce", json_bytes(woocommerce_order(billing=billing, shipping=None)), "woo"
    yield "woocommerce", json_bytes(woocommerce_order(billing=MARKS["name"])), "woo"


async def everything_that_goes_wrong(client: httpx.AsyncClient) -> list[httpx.Response]:
    answers = [await client.post("/v1/orders", json=document) for document in bad_documents()]
    for channel, body, secret in bad_webhooks():
        header = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
        headers = {header[channel]: signature(body, secret)}
        path = f"/v1/webhooks/{channel}/demo"
        answers.append(await client.post(path, content=body, headers=headers))
    for path, body in (
        ("payments", a_payment(reference=f"{MARKS['name']}\x00", paid_at=MARKS["memo"])),
        ("cancel", {"reason": f"{MARKS['name']}\x00"}),
        ("cancel", {"reason": [MARKS["name"]], MARKS["memo"]: 1}),
    ):
        url = f"/v1/orders/01a20692-87c5-711f-8342-552729252215/{path}"
        answers.append(await client.post(url, json=body))
    answers.append(await client.get("/v1/orders", params={"shop": f"{MARKS['name']}\x00"}))
    answers.append(await client.get(f"/v1/orders/{MARKS['name']}"))
    return answers


def assert_without_marks(text: str) -> None:
    found = [mark for mark in MARKS.values() if mark.casefold() in text.casefold()]
    assert found == []


async def test_no_answer_log_line_or_metric_tells_anything_of_a_person(
    world: World, process: ServiceProcess, proxy: Proxy
) -> None:
    async with process.client() as client:
        answers = await everything_that_goes_wrong(client)
        order_id = only(
            await world.submit(canonical(**MARKED, channel_order_no="q"), client=client),
            "quarantined",
        )
        path = f"/v1/quarantine/{order_id}"
        for patch in ({"customer": {"name": [MARKS["name"]]}}, {"memo": 5, "customer": "x"}):
            answers.append(await client.patch(path, json=patch))
        answers.append(await client.post(f"{path}/release", json={"reason": MARKS["memo"]}))
        proxy.cut_off()
        away = await everything_that_goes_wrong(client)
        proxy.mode = Mode.FORWARD
    async with process.client() as client:
        metrics = await client.get("/metrics")
    assert {answer.status_code for answer in answers} <= {202, 401, 404, 422}
    assert {answer.status_code for answer in away} <= {401, 422, 503}
    assert {503, 422} <= {answer.status_code for answer in away}
    for answer in [*answers, *away, metrics]:
        if MARKS["memo"] not in answer.request.content.decode(errors="replace") or answer.is_error:
            assert_without_marks(answer.text.replace(f"body.{MARKS['memo']}", ""))
    assert_without_marks(process.written)
    assert "Traceback" not in process.written


async def test_what_is_written_is_json_line_by_line(world: World, process: ServiceProcess) -> None:
    del world
    lines = process.written.splitlines()
    assert lines
    for line in lines:
        assert json.loads(line)["service"] == "ingest"
