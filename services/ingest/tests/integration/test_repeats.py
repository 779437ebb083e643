"""The same message again, and again at the same time: one order, one event, one answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

import httpx
import pytest
from ingest_material.world import Serve, World, canonical, only
from sqlalchemy import text


def statuses(answers: Iterable[httpx.Response]) -> Counter[str]:
    assert {answer.status_code for answer in answers} == {202}
    return Counter(order["status"] for answer in answers for order in answer.json()["orders"])


def order_ids(answers: Iterable[httpx.Response]) -> set[str]:
    return {order["order_id"] for answer in answers for order in answer.json()["orders"]}


async def at_once(*requests: Any) -> Sequence[httpx.Response]:
    return await asyncio.gather(*requests)


async def test_a_delivery_repeated_gets_the_same_receipt(world: World) -> None:
    first = await world.shopify(delivery="d-1")
    again = await world.shopify(delivery="d-1")
    assert only(first, "accepted") == only(again, "duplicate")
    assert again.json()["receipt_id"] == first.json()["receipt_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "event_log": 1, "outbox": 1}


async def test_an_order_in_another_delivery_is_the_same_order(world: World) -> None:
    order_id = only(await world.shopify(delivery="d-1"), "accepted")
    for delivery in ("d-2", None):
        assert only(await world.shopify(delivery=delivery), "duplicate") == order_id
    counts = await world.counts()
    assert (counts["sales_order"], counts["receipt"], counts["event_log"]) == (1, 3, 1)


async def test_an_order_is_known_by_channel_shop_and_number_together(world: World) -> None:
    for changes in ({}, {"channel": "other"}, {"shop": "other"}, {"channel_order_no": "other"}):
        await world.accepted(**changes)
    for spaces in ("M-1001 ", " M-1001", "M-1001\n"):
        only(await world.submit(canonical(channel_order_no=spaces)), "duplicate")
    assert len(await world.orders()) == 4


async def test_both_doors_lead_to_one_order(world: World) -> None:
    order_id = only(await world.shopify(), "accepted")
    document = canonical(channel="shopify", channel_order_no="6212345678901", payments=[])
    assert only(await world.submit(document), "duplicate") == order_id


async def test_what_was_quarantined_is_quarantined_once(world: World) -> None:
    for delivery in ("d-1", "d-2"):
        bad = {"shipping_address": None, "billing_address": None, "delivery": delivery}
        first, again = await world.shopify(**bad), await world.shopify(**bad)
        assert order_ids([first]) == order_ids([again])
        assert statuses([again]) == {"duplicate": 1}
        assert again.json()["orders"][0]["reasons"] == []
    assert await world.counts() == {"sales_order": 1, "receipt": 2, "quarantine": 1}


async def test_what_could_not_be_read_is_kept_once_for_each_delivery(world: World) -> None:
    answers = await at_once(*(world.shopify(body=b"?", delivery="d-1") for _ in range(20)))
    assert statuses(answers) == {"quarantined": 1, "duplicate": 19}
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "quarantine": 1}
    only(await world.shopify(body=b"?", delivery="d-2"), "quarantined")


async def test_a_hundred_of_one_delivery_at_once_are_one_order(world: World) -> None:
    answers = await at_once(*(world.shopify(delivery="d-1") for _ in range(100)))
    assert statuses(answers) == {"accepted": 1, "duplicate": 99}
    assert len(order_ids(answers)) == 1
    assert await world.counts() == {"sales_order": 1, "receipt": 1, "event_log": 1, "outbox": 1}


async def test_a_hundred_deliveries_of_one_order_at_once_are_one_order(world: World) -> None:
    answers = await at_once(*(world.shopify(delivery=f"d-{n}") for n in range(100)))
    assert statuses(answers) == {"accepted": 1, "duplicate": 99}
    assert len(order_ids(answers)) == 1
    counts = await world.counts()
    assert counts == {"sales_order": 1, "receipt": 100, "event_log": 1, "outbox": 1}


@pytest.mark.parametrize("deliveries", [1, 100])
async def test_two_processes_take_one_order_once(
    world: World, serve: Serve, deliveries: int
) -> None:
    async with serve() as other:
        clients = cycle((world.client, other))
        answers = await at_once(
            *(
                world.shopify(client=next(clients), delivery=f"d-{n % deliveries}")
                for n in range(100)
            )
        )
    assert statuses(answers) == {"accepted": 1, "duplicate": 99}
    assert len(order_ids(answers)) == 1
    counts = await world.counts()
    assert counts == {"sales_order": 1, "receipt": deliveries, "event_log": 1, "outbox": 1}


@asynccontextmanager
async def held_up(world: World) -> AsyncGenerator[None]:
    """Let two processes look for what is known and find nothing, before either can store."""
    async with world.engine.connect() as connection:
        await connection.execute(text("lock table ingest.sales_order in share mode"))
        yield
        await world.until_somebody_waits(2)


@pytest.mark.parametrize("body", [None, b"?"], ids=["an order", "unreadable"])
async def test_a_delivery_two_processes_take_at_one_moment_has_one_receipt(
    world: World, serve: Serve, body: bytes | None
) -> None:
    async with serve() as other:
        async with held_up(world):
            both = asyncio.gather(
                *(
                    world.shopify(client=client, delivery="d-1", body=body)
                    for client in (world.client, other)
                )
            )
        answers = await both
    assert len({answer.json()["receipt_id"] for answer in answers}) == 1
    assert statuses(answers)["duplicate"] == 1
    assert len(order_ids(answers)) == len(await world.orders()) == len(await world.receipts()) == 1


@pytest.mark.parametrize(
    ("numbers", "codes"), [(("M-1", "M-1"), [202, 202]), (("M-1", "M-2"), [202, 409])]
)
async def test_a_key_two_processes_are_given_at_one_moment_is_used_once(
    world: World, serve: Serve, numbers: Sequence[str], codes: Sequence[int]
) -> None:
    async with serve() as other:
        async with held_up(world):
            both = asyncio.gather(
                *(
                    world.submit(canonical(channel_order_no=number), "k-1", client)
                    for number, client in zip(numbers, (world.client, other), strict=True)
                )
            )
        answers = await both
    assert sorted(answer.status_code for answer in answers) == codes
    if codes == [202, 202]:
        assert answers[0].content == answers[1].content
    assert await world.announced() == ["order.received.v1"]


async def test_two_processes_take_many_orders_once_in_whatever_order_they_come(
    world: World, serve: Serve
) -> None:
    """Each order comes to both, with a payment and a cancellation, in one order and the other."""
    numbers = range(40)

    async def tell(client: httpx.AsyncClient, order: Iterable[int]) -> Sequence[httpx.Response]:
        return await at_once(
            *(
                world.shopify(client=client, topic=topic, id=number, **changes)
                for number in order
                for topic, changes in (
                    ("orders/create", {"financial_status": "pending"}),
                    ("orders/paid", {"financial_status": "paid"}),
                    ("orders/cancelled", {"financial_status": "pending"}),
                )
            )
        )

    async with serve() as other:
        answers = await asyncio.gather(
            tell(world.client, numbers), tell(other, reversed(numbers)), tell(other, numbers)
        )
    told = [answer for some in answers for answer in some]
    assert statuses(told)["accepted"] == len(numbers)
    orders = await world.orders()
    assert sorted(int(order.channel_order_no) for order in orders) == list(numbers)
    for order in orders:
        events = await world.events(str(order.order_id))
        kinds = Counter(event["type"] for event in events)
        assert kinds["order.received.v1"] == kinds["cancellation.requested.v1"] == 1
        paid_at_once = bool(events[0]["data"]["order"]["payments"])
        assert kinds["payment.received.v1"] == 1 - paid_at_once
        assert events[0]["type"] == "order.received.v1"


async def test_one_that_cannot_be_stored_does_not_hold_its_neighbours(world: World) -> None:
    """A NUL in a header is what PostgreSQL refuses and no rule before it looks for."""
    good = [world.shopify(id=number) for number in range(30)]
    bad = [world.submit(canonical(), f"\x00{n}") for n in range(2)]
    answers = await at_once(*good[:15], *bad, *good[15:])
    assert [answer.status_code for answer in answers] == [202] * 15 + [422] * 2 + [202] * 15
    assert len(await world.orders()) == 30
    assert len(await world.announced()) == 30


async def test_a_repeat_in_one_message_is_one_payment(world: World) -> None:
    order_id = await world.accepted(payments=[])
    paid = canonical()["payments"]
    document = canonical(payments=paid * 3)
    assert only(await world.submit(document), "updated") == order_id
    assert await world.announced(order_id) == ["order.received.v1", "payment.received.v1"]
