"""Who looks after a quarantined order, until when, and what becomes of a duplicate."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from ingest_material.world import World, a_payment, as_
from sqlalchemy import text

from common.clock import utc_now
from common.database.work import WorkFactory
from ingest.store import overdue, tables
from ingest.use_cases.reminding import announce_overdue
from support.operations import operations_in

NO_ID = "01a20692-87c5-711f-8342-552729252215"
FOUR_HOURS = timedelta(hours=4)


async def listed(world: World, **query: str) -> list[str]:
    answer = await world.client.get("/v1/quarantine", params=query)
    assert answer.status_code == 200, answer.text
    return [one["order_id"] for one in answer.json()["orders"]]


async def age(world: World, order_id: str, hours: float) -> None:
    """Let the order have come in so long ago."""
    async with world.engine.begin() as connection:
        statement = text("update ingest.quarantine set opened_at = :at where order_id = :id")
        at = utc_now() - timedelta(hours=hours)
        await connection.execute(statement, {"at": at, "id": UUID(order_id)})


async def actions(world: World, order_id: str) -> list[Any]:
    made = await operations_in(world.engine, tables.carried)
    return [each for each in made if each.order_id == UUID(order_id)]


# -- owner, deadline, filters


async def test_an_order_is_assigned_and_taken_away_again(world: World) -> None:
    order_id = await world.quarantined()
    answer = await world.client.post(f"/v1/quarantine/{order_id}/assign", json={"owner": "Li Na"})
    assert (answer.status_code, answer.json()["owner"]) == (200, "Li Na")
    other = await world.quarantined(channel_order_no="M-2")
    assert await listed(world, owner="Li Na") == [order_id]
    assert await listed(world) == [order_id, other]
    answer = await world.client.post(f"/v1/quarantine/{order_id}/assign", json={"owner": None})
    assert answer.json()["owner"] is None
    first, second = await actions(world, order_id)
    assert (first.action, first.before, first.after) == (
        "quarantine.assigned",
        {"owner": None},
        {"owner": "Li Na"},
    )
    assert second.after == {"owner": None}


@pytest.mark.parametrize("body", [{}, {"owner": ""}, {"owner": "x" * 101}, {"owner": "\x00"}, []])
async def test_a_wrong_owner_is_refused(world: World, body: Any) -> None:
    order_id = await world.quarantined()
    answer = await world.client.post(f"/v1/quarantine/{order_id}/assign", json=body)
    assert answer.status_code == 422


async def test_what_is_closed_is_assigned_to_nobody(world: World) -> None:
    order_id = await world.quarantined()
    await world.act("discard", order_id)
    for about, status in ((order_id, 409), (NO_ID, 404)):
        path = f"/v1/quarantine/{about}/assign"
        assert (await world.client.post(path, json={"owner": "me"})).status_code == status
    answer = await world.client.post(
        f"/v1/quarantine/{order_id}/assign", json={"owner": "me"}, headers=as_("reader")
    )
    assert answer.status_code == 403


async def test_the_deadline_is_some_hours_after_it_came(world: World) -> None:
    order_id = await world.quarantined()
    shown = (await world.client.get(f"/v1/quarantine/{order_id}")).json()
    (row,) = await world.rows(text("select opened_at from ingest.quarantine"))
    assert shown["due_at"] == (row.opened_at + FOUR_HOURS).isoformat().replace("+00:00", "Z")


async def test_the_list_is_filtered_by_reason_and_channel(world: World) -> None:
    phone = await world.quarantined(channel_order_no="M-1")
    both = await world.quarantined(channel_order_no="M-2", currency="?")
    other = await world.quarantined(channel_order_no="M-3", channel="stall")
    assert await listed(world, reason="missing_phone") == [phone, both, other]
    assert await listed(world, reason="bad_currency") == [both]
    assert await listed(world, reason="bad_currency' or true --") == []
    assert await listed(world, channel="stall") == [other]
    assert await listed(world, channel="mall", reason="missing_phone", limit="1") == [phone]
    assert await listed(world, channel="mall", after=phone) == [both]
    assert (await world.client.get("/v1/quarantine?colour=red")).status_code == 422


# -- reminders


async def test_what_is_overdue_is_announced_once(world: World) -> None:
    late = await world.quarantined(channel_order_no="M-1", currency="?")
    await world.quarantined(channel_order_no="M-2")
    closed = await world.quarantined(channel_order_no="M-3")
    await world.act("discard", closed)
    for order_id in (late, closed):
        await age(world, order_id, 4.1)
    works = WorkFactory(world.engine, tables.carried)

    async def remind() -> int:
        async with works.begin() as work:
            return await announce_overdue(work, FOUR_HOURS)

    assert sorted(await asyncio.gather(*(remind() for _ in range(3)))) == [0, 0, 1]
    (event,) = [e for e in await world.events() if e["type"] == "quarantine.overdue.v1"]
    assert event["data"]["order_id"] == late
    assert event["data"]["reasons"] == ["bad_currency", "missing_phone"]
    assert (event["data"]["channel"], event["data"]["owner"]) == ("mall", None)
    async with world.engine.connect() as connection:
        assert await overdue.count(connection, utc_now() - FOUR_HOURS) == 1


# -- duplicates


async def merge(world: World, order_id: str, into: str, **headers: str) -> Any:
    return await world.client.post(
        f"/v1/quarantine/{order_id}/merge",
        json={"into": into, "reason": "sent twice"},
        headers=headers,
    )


async def test_a_duplicate_is_closed_and_its_new_payments_count_for_the_other(
    world: World,
) -> None:
    into = await world.accepted(channel_order_no="right")
    payments = [a_payment(), a_payment(reference="later", amount_minor=500)]
    order_id = await world.quarantined(channel_order_no="again", payments=payments)
    answers = await asyncio.gather(*(merge(world, order_id, into) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    (shown,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (shown["state"], shown["merged_into"]) == ("merged", into)
    assert (await world.client.get(f"/v1/orders/{order_id}")).json()["state"] == "discarded"
    assert await world.announced(order_id) == []
    received, paid = await world.events(into)
    assert (received["type"], paid["type"]) == ("order.received.v1", "payment.received.v1")
    assert paid["data"]["payment"]["reference"] == "later"
    (merged,) = await actions(world, order_id)
    assert merged.after == {"state": "discarded", "into": into, "payments": 1}


async def test_a_payment_the_other_was_told_of_later_is_not_announced_again(world: World) -> None:
    into = await world.accepted(channel_order_no="right")
    await world.client.post(f"/v1/orders/{into}/payments", json=a_payment(reference="later"))
    order_id = await world.quarantined(
        channel_order_no="again", payments=[a_payment(reference="later")]
    )
    assert (await merge(world, order_id, into)).status_code == 200
    assert (await world.announced(into)).count("payment.received.v1") == 1


async def test_payments_of_a_quarantined_one_wait_for_its_release(world: World) -> None:
    into = await world.quarantined(channel_order_no="right")
    order_id = await world.quarantined(
        channel_order_no="again", payments=[a_payment(reference="later")]
    )
    assert (await merge(world, order_id, into)).status_code == 200
    assert await world.announced() == []
    shown = (await world.client.get(f"/v1/quarantine/{into}")).json()
    assert [p["reference"] for p in shown["order"]["payments"]] == ["2025012200001", "later"]


@pytest.mark.parametrize(
    ("other", "order", "status", "word"),
    [
        ({"shop": "second"}, {}, 422, "shop"),
        ({"channel": "stall"}, {}, 422, "shop"),
        ({"currency": "USD"}, {"payments": [a_payment(reference="x")]}, 422, "currency"),
        ({}, {"payments": [a_payment(reference="")]}, 422, "payments"),
    ],
)
async def test_what_is_not_the_same_order_is_not_merged(
    world: World, other: Any, order: Any, status: int, word: str
) -> None:
    into = await world.accepted(**{"channel_order_no": "right"} | other)
    order_id = await world.quarantined(**{"channel_order_no": "again"} | order)
    answer = await merge(world, order_id, into)
    assert (answer.status_code, word in answer.text) == (status, True), answer.text
    assert await world.announced() == ["order.received.v1"]
    assert await listed(world) == [order_id]


async def test_an_order_is_merged_into_one_that_is_there_and_not_itself(world: World) -> None:
    order_id = await world.quarantined(channel_order_no="again")
    gone = await world.quarantined(channel_order_no="gone")
    await world.act("discard", gone)
    for into, status in ((order_id, 422), (NO_ID, 422), (gone, 409), ("x", 422)):
        assert (await merge(world, order_id, into)).status_code == status
    assert (await merge(world, NO_ID, order_id)).status_code == 404
    assert (await merge(world, gone, order_id)).status_code == 409
    assert (await merge(world, order_id, gone, **as_("reader"))).status_code == 403


async def test_one_that_the_channel_cancelled_is_not_merged(world: World) -> None:
    into = await world.accepted(channel_order_no="right")
    order_id = await world.quarantined(channel_order_no="again")
    await world.client.post(f"/v1/orders/{order_id}/cancel", json={"reason": "r"})
    assert (await merge(world, order_id, into)).status_code == 409
