"""Idempotency-Key: the same call again is the same answer, done once; another call is refused."""

import asyncio
from itertools import cycle
from typing import Any

import httpx
import pytest
from ingest_material.world import Serve, World, a_payment, as_, canonical, only


def is_replay(answer: httpx.Response) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


async def test_the_same_call_gets_the_same_answer(world: World) -> None:
    first = await world.submit(canonical(), key="k-1")
    again = await world.submit(canonical(), key="k-1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert (is_replay(first), is_replay(again)) == (False, True)
    only(again, "accepted")
    assert await world.announced() == ["order.received.v1"]
    assert (await world.counts())["receipt"] == 1


async def test_a_quarantined_answer_is_repeated_with_its_reasons(world: World) -> None:
    bad = canonical(customer__phone="138****8000")
    first, again = await world.submit(bad, key="k"), await world.submit(bad, key="k")
    assert again.json() == first.json()
    assert again.json()["orders"][0]["reasons"][0]["value"] == "138***00"


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    await world.submit(canonical(), key="k-1")
    answer = await world.submit(canonical(channel_order_no="M-2"), key="k-1")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert len(await world.orders()) == 1


async def test_a_key_is_one_callers_own(world: World) -> None:
    await world.submit(canonical(), key="k-1")
    headers = as_("second-writer") | {"Idempotency-Key": "k-1"}
    document = canonical(channel_order_no="M-2")
    only(await world.client.post("/v1/orders", json=document, headers=headers), "accepted")
    assert len(await world.orders()) == 2


async def test_a_refused_call_leaves_its_key_free(world: World) -> None:
    assert (await world.submit(canonical(channel=None), key="k-1")).status_code == 422
    only(await world.submit(canonical(), key="k-1"), "accepted")


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_is_of_a_length_that_can_be_kept(world: World, key: str) -> None:
    order_id = await world.accepted()
    headers = {"Idempotency-Key": key}
    for path, body in (
        ("/v1/orders", canonical(channel_order_no="M-2")),
        (f"/v1/orders/{order_id}/cancel", {"reason": "r"}),
    ):
        answer = await world.client.post(path, json=body, headers=headers)
        assert answer.status_code == 422
        assert "Idempotency-Key" in answer.json()["detail"]
    only(await world.submit(canonical(channel_order_no="M-2"), key="k" * 200), "accepted")


async def test_a_hundred_calls_under_one_key_in_two_processes_are_one(
    world: World, serve: Serve
) -> None:
    async with serve() as other:
        clients = cycle((world.client, other))
        answers = await asyncio.gather(
            *(world.submit(canonical(), "k-1", next(clients)) for _ in range(100))
        )
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sum(not is_replay(answer) for answer in answers) == 1
    counts = await world.counts()
    assert counts == {
        "sales_order": 1,
        "receipt": 1,
        "event_log": 1,
        "outbox": 1,
        "idempotency": 1,
    }


async def test_of_two_calls_under_one_key_in_two_processes_one_is_refused(
    world: World, serve: Serve
) -> None:
    documents = cycle((canonical(), canonical(channel_order_no="M-2")))
    async with serve() as other:
        clients = cycle((world.client, world.client, other, other))
        answers = await asyncio.gather(
            *(world.submit(next(documents), "k-1", next(clients)) for _ in range(40))
        )
    assert sorted(answer.status_code for answer in answers) == [202] * 20 + [409] * 20
    assert len(await world.orders()) == len(await world.announced()) == 1


async def test_one_order_under_many_keys_is_one_order(world: World) -> None:
    answers = await asyncio.gather(*(world.submit(canonical(), f"k-{n}") for n in range(50)))
    told = sorted(answer.json()["orders"][0]["status"] for answer in answers)
    assert told == ["accepted"] + ["duplicate"] * 49
    assert len(await world.orders()) == 1


# -- the other calls that change something


async def test_a_key_is_used_for_one_path(world: World) -> None:
    order_id = await world.accepted()
    headers = {"Idempotency-Key": "k-1"}
    path = f"/v1/orders/{order_id}/cancel"
    assert (await world.client.post(path, json={"reason": "r"}, headers=headers)).status_code == 202
    assert (await world.submit(canonical(channel_order_no="M-2"), "k-1")).status_code == 409
    only(await world.submit(canonical(channel_order_no="M-2"), "k-2"), "accepted")
    headers = {"Idempotency-Key": "k-2"}
    answer = await world.client.post(path, json={"reason": "r"}, headers=headers)
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [("payments", a_payment(), 200), ("cancel", {"reason": "r"}, 202)],
)
async def test_reports_under_one_key_are_one_report(
    world: World, serve: Serve, verb: str, body: dict[str, Any], status: int
) -> None:
    order_id = await world.accepted(payments=[])
    path, headers = f"/v1/orders/{order_id}/{verb}", {"Idempotency-Key": "k-1"}
    async with serve() as other:
        answers = await asyncio.gather(
            *(c.post(path, json=body, headers=headers) for c in [world.client, other] * 8)
        )
    assert {answer.status_code for answer in answers} == {status}
    assert {answer.json()["status"] for answer in answers} == {"updated"}
    assert sum(not is_replay(answer) for answer in answers) == 1
    assert len(await world.announced(order_id)) == 2
    changed = body | ({"reason": "s"} if "reason" in body else {"amount_minor": 1})
    assert (await world.client.post(path, json=changed, headers=headers)).status_code == 409


async def test_a_correction_a_release_and_a_discard_are_repeatable(world: World) -> None:
    order_id = await world.quarantined()
    patch = {"customer": {"phone": "13800138000"}}
    for _ in range(2):
        corrected = await world.patch(order_id, patch, **{"Idempotency-Key": "k-1"})
        assert (corrected.status_code, corrected.json()["reasons"]) == (200, [])
    assert (await world.counts())["correction"] == 1
    for verb, about, key in (
        ("release", order_id, "k-2"),
        ("discard", await world.quarantined(channel_order_no="M-2"), "k-3"),
    ):
        path, headers = f"/v1/quarantine/{about}/{verb}", {"Idempotency-Key": key}
        answers = await asyncio.gather(
            *(world.client.post(path, json={"reason": "r"}, headers=headers) for _ in range(10))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
    assert await world.announced() == ["order.received.v1"]


async def test_a_refusal_is_not_remembered(world: World) -> None:
    order_id = await world.quarantined()
    path, headers = f"/v1/quarantine/{order_id}/release", {"Idempotency-Key": "k-1"}
    body = {"reason": "r"}
    assert (await world.client.post(path, json=body, headers=headers)).status_code == 422
    await world.patch(order_id, {"customer": {"phone": "13800138000"}})
    assert (await world.client.post(path, json=body, headers=headers)).status_code == 200
