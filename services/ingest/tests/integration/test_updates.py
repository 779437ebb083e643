"""What channels tell of an order later, or too early: payments and cancellations, once each."""

import asyncio
from typing import Any

import pytest
from ingest_material.world import ENDLESS, World, a_payment, canonical, only
from sqlalchemy import text

PENDING = {"financial_status": "pending"}
CANCELLED = {"cancelled_at": "2025-11-22T10:00:00+08:00", "cancel_reason": "customer"}
NOBODY: dict[str, Any] = {"shipping_address": None, "billing_address": None}
RECEIVED, PAID, CANCEL = "order.received.v1", "payment.received.v1", "cancellation.requested.v1"


async def paid_later(world: World, **changes: Any) -> Any:
    return await world.shopify(topic="orders/paid", **changes)


async def released(world: World, order_id: str, **patch: Any) -> list[str]:
    fix = {
        "customer": {"name": "Mei", "phone": "+85221234567"},
        "address": {"country": "HK", "city": "Wan Chai", "detail": "1 Harbour Road"},
    } | patch
    assert (await world.patch(order_id, fix)).json()["reasons"] == []
    assert (await world.act("release", order_id)).status_code == 200
    return await world.announced(order_id)


async def test_a_payment_after_the_order_is_announced_once(world: World) -> None:
    order_id = only(await world.shopify(**PENDING), "accepted")
    assert only(await paid_later(world), "updated") == order_id
    assert only(await paid_later(world), "duplicate") == order_id
    assert await world.announced(order_id) == [RECEIVED, PAID]
    received, paid = await world.events(order_id)
    assert received["data"]["order"]["payments"] == []
    assert paid["data"] == {
        "order_id": order_id,
        "currency": "HKD",
        "payment": {
            "reference": "#2001",
            "method": "shopify_payments",
            "amount_minor": 32_550,
            "paid_at": "2025-11-22T01:29:58Z",
        },
    }


async def test_a_payment_that_came_with_the_order_is_not_announced_again(world: World) -> None:
    order_id = only(await world.shopify(), "accepted")
    assert only(await paid_later(world), "duplicate") == order_id
    assert await world.announced(order_id) == [RECEIVED]


async def test_a_payment_before_its_order_is_the_order_with_the_payment(world: World) -> None:
    order_id = only(await paid_later(world), "accepted")
    assert only(await world.shopify(**PENDING), "duplicate") == order_id
    (event,) = await world.events(order_id)
    assert len(event["data"]["order"]["payments"]) == 1


async def test_a_hundred_reports_of_a_payment_at_once_are_one_payment(world: World) -> None:
    order_id = only(await world.shopify(**PENDING), "accepted")
    answers = await asyncio.gather(*(paid_later(world, delivery=f"d-{n}") for n in range(100)))
    told = [answer.json()["orders"][0]["status"] for answer in answers]
    assert sorted(told) == ["duplicate"] * 99 + ["updated"]
    assert await world.announced(order_id) == [RECEIVED, PAID]


async def test_a_cancellation_is_wished_once(world: World) -> None:
    order_id = only(await world.shopify(), "accepted")
    cancelled = {"topic": "orders/cancelled", **CANCELLED}
    assert only(await world.shopify(**cancelled), "updated") == order_id
    assert only(await world.shopify(**cancelled), "duplicate") == order_id
    assert await world.announced(order_id) == [RECEIVED, CANCEL]
    assert (await world.events(order_id))[1]["data"]["reason"] == "customer"


async def test_an_order_that_comes_cancelled_is_received_and_then_cancelled(world: World) -> None:
    order_id = only(await world.shopify(topic="orders/cancelled", **CANCELLED), "accepted")
    only(await world.shopify(), "duplicate")
    only(await world.shopify(topic="orders/cancelled", **CANCELLED), "duplicate")
    assert await world.announced(order_id) == [RECEIVED, CANCEL]


async def test_a_payment_and_a_cancellation_in_one_message_are_both_announced(
    world: World,
) -> None:
    order_id = only(await world.shopify(**PENDING), "accepted")
    only(await world.shopify(topic="orders/updated", **CANCELLED), "updated")
    assert await world.announced(order_id) == [RECEIVED, PAID, CANCEL]


async def test_create_paid_and_cancelled_in_one_moment_are_three_events_in_order(
    world: World,
) -> None:
    await asyncio.gather(
        world.shopify(**PENDING),
        paid_later(world),
        world.shopify(topic="orders/cancelled", **CANCELLED, **PENDING),
    )
    (order,) = await world.orders()
    assert await world.announced(str(order.order_id)) == [RECEIVED, PAID, CANCEL]


async def test_a_woocommerce_order_in_the_bin_is_cancelled(world: World) -> None:
    order_id = only(await world.woocommerce(), "accepted")
    trashed = await world.woocommerce(topic="order.updated", status="trash")
    assert only(trashed, "updated") == order_id
    assert await world.announced(order_id) == [RECEIVED, CANCEL]


# -- orders that wait for a person


async def test_a_quarantined_order_announces_nothing_until_it_is_released(world: World) -> None:
    order_id = only(await world.shopify(**PENDING, **NOBODY), "quarantined")
    only(await paid_later(world, **NOBODY), "updated")
    only(await paid_later(world, **NOBODY), "duplicate")
    only(await world.shopify(topic="orders/cancelled", **CANCELLED, **NOBODY), "updated")
    assert await world.announced() == []
    assert await released(world, order_id) == [RECEIVED, CANCEL]
    received, cancelled = await world.events(order_id)
    assert [p["reference"] for p in received["data"]["order"]["payments"]] == ["#2001"]
    assert cancelled["data"]["reason"] == "customer"
    only(await paid_later(world, **NOBODY), "duplicate")
    only(await world.shopify(topic="orders/cancelled", **CANCELLED, **NOBODY), "duplicate")
    assert await world.announced(order_id) == [RECEIVED, CANCEL]


async def test_a_quarantined_order_that_came_cancelled_is_cancelled_when_released(
    world: World,
) -> None:
    order_id = only(await world.shopify(**CANCELLED, **NOBODY), "quarantined")
    assert await released(world, order_id) == [RECEIVED, CANCEL]


async def test_payments_of_a_quarantined_order_are_kept_once_each(world: World) -> None:
    order_id = await world.quarantined(payments=[])
    both = [a_payment(reference="a"), a_payment(reference="a"), a_payment(reference="b")]
    document = canonical(customer__phone=None, payments=both)
    only(await world.submit(document), "updated")
    only(await world.submit(document), "duplicate")
    await released(world, order_id, customer={"phone": "13800138000"}, address={})
    (received,) = await world.events(order_id)
    assert [p["reference"] for p in received["data"]["order"]["payments"]] == ["a", "b"]


async def test_a_discarded_order_stays_discarded_whatever_comes(world: World) -> None:
    order_id = only(await world.shopify(**PENDING, **NOBODY), "quarantined")
    assert (await world.act("discard", order_id)).status_code == 200
    assert only(await world.shopify(**PENDING), "duplicate") == order_id
    only(await world.shopify(topic="orders/cancelled", **CANCELLED, **PENDING), "updated")
    assert await world.announced() == []
    (order,) = await world.orders()
    assert order.state == "discarded"


async def test_a_release_at_the_moment_of_a_payment_and_a_cancellation_announces_each_once(
    world: World,
) -> None:
    for number in range(6):
        order_id = only(await world.shopify(id=number, **PENDING, **NOBODY), "quarantined")
        fix = {
            "customer": {"name": "Mei", "phone": "+85221234567"},
            "address": {"country": "HK", "city": "Wan Chai", "detail": "1 Harbour Road"},
        }
        assert (await world.patch(order_id, fix)).json()["reasons"] == []
        told = {"topic": "orders/cancelled", "id": number, **CANCELLED, **NOBODY}
        answers = await asyncio.gather(
            *(world.shopify(**told) for _ in range(3)), world.act("release", order_id)
        )
        assert [answer.status_code for answer in answers] == [202, 202, 202, 200]
        events = await world.events(order_id)
        payments = len(events[0]["data"]["order"]["payments"])
        kinds = sorted(event["type"] for event in events[1:])
        assert events[0]["type"] == RECEIVED
        assert kinds == [CANCEL] + [PAID] * (1 - payments)


async def test_a_payment_waits_for_the_release_that_has_begun(world: World) -> None:
    """What the release left is what the payment finds, not what was there before."""
    order_id = only(await world.shopify(**PENDING, **NOBODY), "quarantined")
    lock = text("select from ingest.sales_order for update")
    release = text("update ingest.sales_order set state = 'received'")
    async with world.engine.connect() as connection:
        await connection.execute(lock)
        paying = asyncio.ensure_future(paid_later(world, **NOBODY))
        await world.until_somebody_waits()
        await connection.execute(release)
        await connection.commit()
        only(await paying, "updated")
    (order,) = await world.orders()
    assert (order.state, order.document["payments"]) == ("received", [])
    assert await world.announced(order_id) == [PAID]


async def test_payments_of_a_quarantined_order_at_one_moment_are_all_kept(world: World) -> None:
    order_id = await world.quarantined(payments=[])
    references = {f"p-{number}" for number in range(20)}
    await asyncio.gather(
        *(
            world.submit(canonical(customer__phone=None, payments=[a_payment(reference=name)]))
            for name in references
        )
    )
    shown = (await world.client.get(f"/v1/orders/{order_id}")).json()["order"]
    assert {payment["reference"] for payment in shown["payments"]} == references


# -- what cannot be used


@pytest.mark.parametrize("name", ["#\x00", "#" * 201, ENDLESS], ids=["NUL", "long", "endless"])
async def test_a_payment_nobody_can_store_does_not_make_the_channel_try_for_ever(
    world: World, name: str
) -> None:
    only(await world.shopify(**PENDING), "accepted")
    answer = await paid_later(world, name=name)
    assert answer.status_code == 202
    assert await world.announced() == [RECEIVED]
    assert len(await world.receipts()) == 2


# -- by the callers of the API


async def test_a_payment_is_reported_once(world: World) -> None:
    order_id = await world.accepted(payments=[])
    path = f"/v1/orders/{order_id}/payments"
    first = await world.client.post(path, json=a_payment())
    assert (first.status_code, first.json()) == (200, {"order_id": order_id, "status": "updated"})
    again = await world.client.post(path, json=a_payment())
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    await world.client.post(path, json=a_payment(reference="another"))
    assert await world.announced(order_id) == [RECEIVED, PAID, PAID]
    paid = (await world.events(order_id))[1]["data"]["payment"]
    assert paid["paid_at"] == "2025-01-22T01:31:10Z"


async def test_a_payment_the_order_came_with_is_known(world: World) -> None:
    order_id = await world.accepted()
    answer = await world.client.post(f"/v1/orders/{order_id}/payments", json=a_payment())
    assert answer.json()["status"] == "duplicate"


async def test_fifty_callers_report_one_payment(world: World) -> None:
    order_id = await world.accepted(payments=[])
    path = f"/v1/orders/{order_id}/payments"
    answers = await asyncio.gather(*(world.client.post(path, json=a_payment()) for _ in range(50)))
    assert sorted(a.json()["status"] for a in answers) == ["duplicate"] * 49 + ["updated"]
    assert await world.announced(order_id) == [RECEIVED, PAID]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": " "}, "reference"),
        ({"reference": "x" * 201}, "reference"),
        ({"reference": "a\x00"}, "reference"),
        ({"reference": 5}, "reference"),
        ({"reference": None}, "reference"),
        ({"method": ""}, "method"),
        ({"method": "\x00"}, "method"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": 1.0}, "amount_minor"),
        ({"amount_minor": "100"}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 2**53}, "amount_minor"),
        ({"amount_minor": 10**30}, "amount_minor"),
        ({"paid_at": "2025-01-22T09:31:10"}, "paid_at"),
        ({"paid_at": "yesterday"}, "paid_at"),
        ({"paid_at": "0001-01-01T00:00:00+08:00"}, "paid_at"),
        ({"paid_at": "9999-12-31T23:59:59-08:00"}, "paid_at"),
        ({"tip": 5}, "tip"),
    ],
)
async def test_a_wrong_payment_is_refused_by_field_and_nothing_happens(
    world: World, changes: dict[str, Any], field: str
) -> None:
    order_id = await world.accepted(payments=[])
    answer = await world.client.post(f"/v1/orders/{order_id}/payments", json=a_payment() | changes)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].rpartition(".")[2] == field
    assert await world.announced(order_id) == [RECEIVED]


async def test_a_cancellation_by_a_caller_is_wished_once(world: World) -> None:
    order_id = await world.accepted()
    path = f"/v1/orders/{order_id}/cancel"
    first = await world.client.post(path, json={"reason": "no longer wanted"})
    assert (first.status_code, first.json()) == (202, {"order_id": order_id, "status": "updated"})
    again = await world.client.post(path, json={"reason": "another"})
    assert (again.status_code, again.json()["status"]) == (202, "duplicate")
    assert await world.announced(order_id) == [RECEIVED, CANCEL]


@pytest.mark.parametrize("reason", ["", "x" * 201, "\x00", 5, None])
async def test_a_wrong_reason_is_refused(world: World, reason: Any) -> None:
    order_id = await world.accepted()
    answer = await world.client.post(f"/v1/orders/{order_id}/cancel", json={"reason": reason})
    assert answer.status_code == 422
    assert await world.announced(order_id) == [RECEIVED]


async def test_an_unknown_order_is_not_found_and_a_discarded_one_is_over(world: World) -> None:
    order_id = await world.quarantined()
    await world.act("discard", order_id)
    unknown = "01a20692-87c5-711f-8342-552729252215"
    for verb, body in (("payments", a_payment()), ("cancel", {"reason": "r"})):
        for about, status in ((unknown, 404), (order_id, 409), ("no-id", 422)):
            answer = await world.client.post(f"/v1/orders/{about}/{verb}", json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (
                status,
                "application/problem+json",
            )
    assert await world.announced() == []
