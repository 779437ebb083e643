"""Channels by configuration: challenges at the door, and messages read again once mapped."""

import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from ingest_material.mappings import Desk
from ingest_material.signed import Signed, wechat_plain
from ingest_material.world import World, alive, as_, canonical, client_of, json_bytes, only
from starlette.types import ASGIApp

from common.clock import utc_now
from support.waiting import until

SECRET = "the stall's secret"
WECHAT_TOKEN = "wechat's token"
STALL = "/v1/webhooks/stall/demo"
NO_ID = str(UUID(int=0))
CONFIGURED = {
    "stall": {
        "signature": {"scheme": "hmac", "header": "X-Sign"},
        "topic": {"path": "event"},
        "delivery_id": {"path": "id"},
        "challenge": {"query": "challenge", "token": "verify"},
    }
}
MAPPING: dict[str, Any] = {
    "format": 1,
    "name": "Stall",
    "currency": {"value": "CNY"},
    "fields": {
        "channel_order_no": {"from": "no"},
        "placed_at": {"from": "placed_at", "then": [{"time": {}}]},
        "customer.name": {"from": "name"},
        "customer.phone": {"from": "phone", "then": ["phone"]},
        "address.city": {"value": "杭州市"},
        "address.detail": {"value": "文三路 1 号"},
        "amounts.goods_minor": {"formula": "lines.goods_minor"},
        "amounts.payable_minor": {"formula": "lines.goods_minor"},
    },
    "lines": {
        "each": "lines",
        "fields": {
            "sku": {"from": "sku"},
            "quantity": {"value": 1},
            "unit_price_minor": {"from": "price", "then": [{"money": "minor"}]},
        },
    },
}


@dataclass
class Stall:
    """The stall's system, and a person at the mapping desk."""

    world: World
    client: httpx.AsyncClient

    @property
    def desk(self) -> Desk:
        return Desk(World(self.world.engine, self.client))

    async def push(self, body: bytes) -> httpx.Response:
        sign = hmac.new(SECRET.encode(), body, sha256).hexdigest()
        return await self.client.post(STALL, content=body, headers={"X-Sign": sign})

    async def waiting(self, **changes: Any) -> tuple[str, str]:
        """Push an order before there is a mapping; return the ids of message and order."""
        answer = await self.push(json_bytes(order(**changes)))
        return answer.json()["receipt_id"], only(answer, "quarantined")

    async def map(self, topics: list[str] | None = None, **fields: Any) -> str:
        """Publish a mapping, put it in force, and wait until the process follows."""
        document = MAPPING | {"fields": MAPPING["fields"] | fields}
        document |= {"topics": topics} if topics else {}
        mapping_id = await self.desk.publish(document, channel="stall")
        assert (await self.desk.activate(mapping_id)).status_code == 200
        tried = {"channel": "stall", "payload": "{}"}

        async def follows() -> bool:
            answer = await self.desk.do("/preview", tried)
            return bool(answer.json().get("mapping_id") == mapping_id)

        await until(follows)
        return mapping_id

    async def replay(self, *receipt_ids: str) -> httpx.Response:
        return await self.desk.do("/replay", {"receipt_ids": receipt_ids, "reason": "mapped now"})


def order(**changes: Any) -> dict[str, Any]:
    return {
        "id": "d-1",
        "event": "order.paid",
        "no": "ST-1",
        "placed_at": "2025-01-22T09:30:00+08:00",
        "name": "张三",
        "phone": "13800138000",
        "lines": [{"sku": "SKU-1", "price": 1990}],
    } | changes


@pytest.fixture
async def stall(
    world: World, build: Callable[..., ASGIApp], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stall]:
    monkeypatch.setenv("CHANNELS", json.dumps(CONFIGURED))
    monkeypatch.setenv("WEBHOOK_SECRET_STALL", SECRET)
    monkeypatch.setenv("WEBHOOK_SECRET_WECHAT_SHOP", WECHAT_TOKEN)
    async with alive(build()) as app, client_of(app) as client:
        yield Stall(world, client)


# -- at the door


async def test_a_challenge_is_answered_to_who_has_the_secret(stall: Stall) -> None:
    asked = {"challenge": "1158201444", "verify": SECRET}
    answer = await stall.client.get(STALL, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for query, status in ((asked | {"verify": "x"}, 401), ({"verify": SECRET}, 405)):
        refused = await stall.client.get(STALL, params=query)
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"
    for path, status in (("booth/demo", 404), ("stall/other", 404), ("shopify/demo", 405)):
        refused = await stall.client.get(f"/v1/webhooks/{path}", params=asked)
        assert refused.status_code == status
    assert await stall.world.counts() == {}


async def test_wechat_sets_up_its_push_with_a_get(stall: Stall) -> None:
    now = str(int(utc_now().timestamp()))
    call: Signed = wechat_plain(b"", WECHAT_TOKEN, now, echostr="5837397520665436492")
    answer = await stall.client.get("/v1/webhooks/wechat_shop/demo", params=dict(call.query))
    assert (answer.status_code, answer.text) == (200, "5837397520665436492")
    forged = dict(call.query) | {"signature": "0" * 40}
    assert (
        await stall.client.get("/v1/webhooks/wechat_shop/demo", params=forged)
    ).status_code == 401


async def test_a_forged_message_leaves_nothing_behind(stall: Stall) -> None:
    answer = await stall.client.post(STALL, content=b"{}", headers={"X-Sign": "0" * 64})
    assert answer.status_code == 401
    assert await stall.world.counts() == {}


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 500, "\x7f\n"])
async def test_a_name_the_database_cannot_keep_does_not_lose_the_message(
    stall: Stall, name: str
) -> None:
    body = json.dumps(order(event=name, id=name)).encode()
    only(await stall.push(body), "quarantined")
    only(await stall.push(body), "duplicate")
    (receipt,) = await stall.world.receipts()
    assert receipt.body == body


# -- read again


async def test_what_came_before_the_mapping_is_let_in_once(stall: Stall) -> None:
    message, placeholder = await stall.waiting()
    mapping_id = await stall.map()
    for status, closed in (("accepted", [placeholder]), ("duplicate", [])):
        (done,) = (await stall.replay(message)).json()["messages"]
        assert [one["status"] for one in done["receipt"]["orders"]] == [status]
        assert (done["receipt_id"], done["closed"]) == (message, closed)
    assert await stall.world.announced() == ["order.received.v1"]
    first, again = await stall.world.receipts()
    assert (first.body, first.topic) == (again.body, again.topic)
    assert str(again.mapping_id) == mapping_id
    shown = await stall.client.get("/v1/operations", params={"action": "message.replayed"})
    assert {one["actor"] for one in shown.json()["items"]} == {"mapper"}


async def test_a_message_sent_again_after_the_replay_changes_nothing(stall: Stall) -> None:
    message, _ = await stall.waiting()
    await stall.map()
    await stall.replay(message)
    only(await stall.push(json_bytes(order())), "duplicate")
    only(await stall.push(json_bytes(order(id="d-2"))), "duplicate")
    assert await stall.world.announced() == ["order.received.v1"]


async def test_an_order_that_is_still_wrong_waits_with_its_own_reasons(stall: Stall) -> None:
    message, placeholder = await stall.waiting(phone="12")
    await stall.map()
    (done,) = (await stall.replay(message)).json()["messages"]
    (one,) = done["receipt"]["orders"]
    assert (one["status"], one["channel_order_no"]) == ("quarantined", "ST-1")
    assert [reason["field"] for reason in one["reasons"]] == ["customer.phone"]
    assert done["closed"] == [placeholder]
    waiting = (await stall.client.get("/v1/quarantine")).json()["orders"]
    assert [each["order_id"] for each in waiting] == [one["order_id"]]


async def test_what_a_person_has_begun_to_correct_is_left_to_him(stall: Stall) -> None:
    message, placeholder = await stall.waiting()
    stalls = World(stall.world.engine, stall.client)
    assert (await stalls.patch(placeholder, {"memo": "asked the shop"})).status_code == 200
    await stall.map()
    (done,) = (await stall.replay(message)).json()["messages"]
    assert done["closed"] == []
    assert (await stall.client.get(f"/v1/quarantine/{placeholder}")).json()["state"] == "open"


async def test_nothing_is_done_where_one_message_cannot_be_read(stall: Stall) -> None:
    message, _ = await stall.waiting()
    other = (await stall.push(b'{"id": "d-2", "no')).json()["receipt_id"]
    assert (await stall.replay(message)).status_code == 409
    await stall.map()
    before = await stall.world.counts()
    refused = await stall.replay(message, other)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "receipt_ids"
    assert other in refused.json()["errors"][0]["message"]
    assert (await stall.replay(message, NO_ID)).status_code == 404
    assert await stall.world.counts() == before


async def test_what_no_mapping_reads_is_not_read_again(stall: Stall) -> None:
    answer = await stall.client.post("/v1/orders", json=canonical())
    assert (await stall.replay(answer.json()["receipt_id"])).status_code == 422
    for key in ("reader", "writer"):
        body = {"receipt_ids": [NO_ID], "reason": "r"}
        answer = await stall.client.post("/v1/mappings/replay", json=body, headers=as_(key))
        assert answer.status_code == 403
    for ids in ([], [NO_ID] * 51, ["x"]):
        answer = await stall.desk.do("/replay", {"receipt_ids": ids, "reason": "r"})
        assert answer.status_code == 422


async def test_a_message_in_which_nothing_is_found_stays_in_quarantine(stall: Stall) -> None:
    message, placeholder = await stall.waiting()
    await stall.map(topics=["order.shipped"])
    refused = await stall.replay(message)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "says_nothing")
    assert (await stall.client.get(f"/v1/quarantine/{placeholder}")).json()["state"] == "open"
