"""What intake tells those who audit all services: every order, in figures, in the order of ids."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from ingest_material.world import World, a_payment, as_

from common.ids import first_id_at

NO_ID = "01a20692-87c5-711f-8342-552729252215"


async def accounts(world: World, **asked: Any) -> list[dict[str, Any]]:
    answer = await world.client.get("/v1/accounts", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def account(world: World, order_id: str) -> dict[str, Any]:
    (found,) = await accounts(world, order_id=order_id)
    return found


def made_at(order_id: str) -> datetime:
    return datetime.fromtimestamp((UUID(order_id).int >> 80) / 1000).astimezone()


async def test_an_accepted_order_is_told_in_figures(world: World) -> None:
    order_id = await world.accepted()
    found = await account(world, order_id)
    accepted_at = found.pop("accepted_at")
    assert found.pop("changed_at") == accepted_at
    assert found == {
        "order_id": order_id,
        "state": "received",
        "currency": "CNY",
        "amount_minor": 4080,
        "paid_minor": 4080,
        "pieces": 2,
        "cancellation_wished": False,
    }


async def test_amounts_beyond_32_bits_are_told_exactly(world: World) -> None:
    huge = 9_000_000_000_000
    line = {"sku": "S", "title": "T", "quantity": 1, "unit_price_minor": huge, "discount_minor": 0}
    amounts = {
        "goods_minor": huge,
        "freight_minor": 0,
        "discount_minor": 0,
        "tax_minor": 0,
        "payable_minor": huge,
    }
    payments = [a_payment(reference=str(n), amount_minor=huge) for n in range(2)]
    found = await account(
        world, await world.accepted(lines=[line], amounts=amounts, payments=payments)
    )
    assert (found["amount_minor"], found["paid_minor"], found["pieces"]) == (huge, 2 * huge, 1)


async def test_payments_that_came_later_count_and_move_the_time(world: World) -> None:
    order_id = await world.accepted(payments=[])
    assert (await account(world, order_id))["paid_minor"] == 0
    for reference in ("p1", "p2", "p2"):
        payment = a_payment(reference=reference, amount_minor=40)
        answer = await world.client.post(f"/v1/orders/{order_id}/payments", json=payment)
        assert answer.is_success, answer.text
    found = await account(world, order_id)
    assert found["paid_minor"] == 80
    assert found["changed_at"] > found["accepted_at"]


async def test_a_wish_to_cancel_is_told_and_moves_the_time(world: World) -> None:
    order_id = await world.accepted()
    body = {"reason": "changed my mind"}
    assert (await world.client.post(f"/v1/orders/{order_id}/cancel", json=body)).is_success
    found = await account(world, order_id)
    assert found["cancellation_wished"] is True
    assert found["changed_at"] > found["accepted_at"]


async def test_of_what_is_in_quarantine_no_figure_is_told(world: World) -> None:
    order_id = await world.quarantined(
        lines=[],
        amounts={
            "goods_minor": 10**40,
            "freight_minor": 0,
            "discount_minor": 0,
            "tax_minor": 0,
            "payable_minor": 10**40,
        },
    )
    found = await account(world, order_id)
    assert found["state"] == "quarantined"
    figures = ("currency", "amount_minor", "paid_minor", "pieces", "accepted_at")
    assert {found[name] for name in figures} == {None}
    assert (await world.act("discard", order_id)).is_success
    assert (await account(world, order_id))["state"] == "discarded"


async def test_a_released_order_counts_as_accepted_from_its_release_on(world: World) -> None:
    order_id = await world.quarantined()
    before = (await account(world, order_id))["changed_at"]
    await world.patch(order_id, {"customer": {"phone": "13800138000"}})
    assert (await world.act("release", order_id)).is_success
    found = await account(world, order_id)
    assert (found["state"], found["amount_minor"]) == ("received", 4080)
    assert found["accepted_at"] == found["changed_at"] > before


async def test_accounts_come_in_pages_by_order_id_and_the_first_tells_how_many(
    world: World,
) -> None:
    ids = sorted([await world.accepted(channel_order_no=f"M-{n}") for n in range(5)])
    asked: dict[str, Any] = {"limit": 2}
    pages: list[list[str]] = []
    totals: list[int | None] = []
    while True:
        page = (await world.client.get("/v1/accounts", params=asked)).json()
        pages.append([item["order_id"] for item in page["items"]])
        totals.append(page["total"])
        if page["next"] is None:
            break
        asked["after"] = page["next"]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert totals == [5, None, None]


async def test_accounts_are_those_of_a_time_or_of_given_orders(world: World) -> None:
    ids = [await world.accepted(channel_order_no=f"M-{n}") for n in range(3)]
    middle = made_at(ids[1])
    assert first_id_at(middle) <= UUID(ids[1])
    since = [a["order_id"] for a in await accounts(world, since=middle.isoformat())]
    until = [a["order_id"] for a in await accounts(world, until=middle.isoformat())]
    assert ids[1] in since
    assert sorted(since + until) == sorted(ids)
    late = (middle + timedelta(days=1)).isoformat()
    assert await accounts(world, since=late) == []
    asked = [a["order_id"] for a in await accounts(world, order_id=[ids[2], ids[0], NO_ID])]
    assert asked == sorted([ids[0], ids[2]])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "after=x",
        "since=yesterday",
        "since=2026-11-22T00:00:00",
        "until=0001-01-01T00:00:00Z",
        "order_id=x",
        "colour=red",
    ],
)
async def test_a_wrong_question_is_refused_by_field(world: World, query: str) -> None:
    answer = await world.client.get(f"/v1/accounts?{query}")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].startswith(f"query.{query.partition('=')[0]}")


async def test_only_readers_of_intake_get_accounts(world: World) -> None:
    for key, status in (("reader", 200), ("second-writer", 403), ("stranger", 403), ("?", 401)):
        answer = await world.client.get("/v1/accounts", headers=as_(key))
        assert answer.status_code == status
