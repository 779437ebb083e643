"""What a person does with an order that may not enter: look, correct, let in, close."""

import asyncio
from typing import Any

import pytest
from ingest_material.world import ENDLESS, World, as_, canonical, only
from sqlalchemy import select, text

from ingest.store import tables

PHONE = {"customer": {"phone": "13800138000"}}
NO_ID = "01a20692-87c5-711f-8342-552729252215"


async def corrections(world: World) -> Any:
    table = tables.correction
    return await world.rows(select(table).order_by(table.c.correction_id))


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer.json()["reasons"]]


async def test_a_quarantined_order_is_shown_with_its_reasons_masked(world: World) -> None:
    order_id = await world.quarantined(customer__phone="138****8000", currency="?")
    answer = await world.client.get(f"/v1/quarantine/{order_id}")
    shown = answer.json()
    assert (answer.status_code, shown["order_id"], shown["state"]) == (200, order_id, "open")
    assert shown["opened_at"].endswith("Z")
    assert {r["code"]: r["value"] for r in shown["reasons"]} == {
        "bad_phone": "138***00",
        "bad_currency": None,
    }
    assert shown["order"]["customer"] == {
        "name": "张三",
        "phone": "138****8000",
        "email": None,
        "platform_id": None,
        "receiver_token": None,
    }


async def test_the_list_is_of_what_is_open_or_of_what_is_not_by_arrival_and_in_pages(
    world: World,
) -> None:
    ids = [await world.quarantined(channel_order_no=f"M-{n}") for n in range(5)]
    await world.accepted(channel_order_no="right")
    await world.act("discard", ids[1])

    async def listed(query: str) -> list[str]:
        found = await world.client.get(f"/v1/quarantine{query}")
        assert found.status_code == 200
        return [one["order_id"] for one in found.json()["orders"]]

    still_open = [ids[0], *ids[2:]]
    assert await listed("") == await listed("?state=open") == still_open
    assert await listed("?state=resolved") == [ids[1]]
    assert await listed("?limit=2") == still_open[:2]
    assert await listed(f"?limit=2&after={still_open[1]}") == still_open[2:]
    assert await listed(f"?after={still_open[-1]}") == []


@pytest.mark.parametrize("query", ["?state=any", "?limit=0", "?limit=201", "?limit=x", "?after=x"])
async def test_a_wrong_question_is_refused(world: World, query: str) -> None:
    assert (await world.client.get(f"/v1/quarantine{query}")).status_code == 422


# -- correcting


async def test_a_correction_is_checked_and_kept_with_what_was_before_and_who_made_it(
    world: World,
) -> None:
    order_id = await world.quarantined(currency="?", memo="wrong")
    patch = {"customer": {"phone": "138 0013 8000"}, "memo": None}
    answer = await world.patch(order_id, patch)
    assert (answer.status_code, codes(answer)) == (200, ["bad_currency"])
    assert answer.json()["order"]["customer"]["phone"] == "+8613800138000"
    assert answer.json()["order"]["memo"] is None
    (kept,) = await corrections(world)
    assert (str(kept.order_id), kept.corrected_by) == (order_id, "writer")
    assert kept.before["customer"]["phone"] is None
    assert kept.after["customer"]["phone"] == "+8613800138000"
    assert (kept.before["memo"], kept.after["memo"]) == ("wrong", None)
    await world.client.patch(
        f"/v1/quarantine/{order_id}", json={"currency": "cny"}, headers=as_("second-writer")
    )
    _, second = await corrections(world)
    assert (second.corrected_by, second.before["currency"], second.after["currency"]) == (
        "second-writer",
        "?",
        "CNY",
    )
    assert await world.announced() == []


async def test_a_correction_can_make_an_order_worse(world: World) -> None:
    order_id = await world.quarantined()
    answer = await world.patch(order_id, {"lines": [], "amounts": {"goods_minor": 0}})
    assert set(codes(answer)) == {"missing_phone", "no_lines", "payable_does_not_add_up"}


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"customer": {"age": 5}}, "customer.age"),
        ({"customer": "me"}, "customer"),
        ({"lines": [{"sku": "A", "colour": "red"}]}, "lines.0.colour"),
        ({"amounts": {"payable_minor": "4080"}}, "amounts.payable_minor"),
        ({"amounts": {"payable_minor": 4080.0}}, "amounts.payable_minor"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"memo": {"a": {"b": 1}}}, "memo"),
        ({"channel": "other"}, "channel"),
        ({"shop": None}, "shop"),
    ],
)
async def test_a_wrong_correction_is_refused_by_field_and_changes_nothing(
    world: World, patch: Any, field: str
) -> None:
    order_id = await world.quarantined()
    before = (await world.client.get(f"/v1/quarantine/{order_id}")).json()
    answer = await world.patch(order_id, PHONE | patch)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["detail"]
    assert (await world.client.get(f"/v1/quarantine/{order_id}")).json() == before
    assert await corrections(world) == []


NO_PATCHES = (
    b"",
    b"[]",
    b"null",
    b'"x"',
    b"{",
    b"\xff",
    b'{"memo": NaN}',
    b'{"memo": "\\ud800"}',
    b'{"memo":' * 900 + b"1" + b"}" * 900,
    b'{"memo":' * 10_000 + b"1" + b"}" * 10_000,
)


@pytest.mark.parametrize("body", NO_PATCHES, ids=lambda body: repr(body[:20]))
async def test_what_is_no_patch_is_refused_and_changes_nothing(world: World, body: bytes) -> None:
    order_id = await world.quarantined()
    answer = await world.client.patch(
        f"/v1/quarantine/{order_id}",
        content=body,
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await corrections(world) == []


async def test_a_number_another_order_has_is_refused_and_changes_nothing(world: World) -> None:
    other = await world.accepted(channel_order_no="taken")
    order_id = await world.quarantined(channel_order_no="free")
    answer = await world.patch(order_id, PHONE | {"channel_order_no": "taken"})
    assert (answer.status_code, other in answer.json()["detail"]) == (409, True)
    assert await corrections(world) == []
    assert codes(await world.client.get(f"/v1/quarantine/{order_id}")) == ["missing_phone"]


async def test_a_number_given_by_hand_is_the_orders_number_from_then_on(world: World) -> None:
    order_id = only(await world.shopify(body=b"?"), "quarantined")
    document = {k: v for k, v in canonical().items() if k not in ("channel", "shop")}
    answer = await world.patch(order_id, document | {"channel_order_no": "6212345678901"})
    assert codes(answer) == []
    assert only(await world.shopify(financial_status="pending"), "duplicate") == order_id
    assert (await world.act("release", order_id)).status_code == 200
    assert await world.announced() == ["order.received.v1"]


@pytest.mark.parametrize("number", [ENDLESS, "9\x00", "订" * 201], ids=["endless", "NUL", "long"])
async def test_a_number_nobody_can_store_is_one_more_thing_to_correct(
    world: World, number: str
) -> None:
    order_id = await world.quarantined()
    answer = await world.patch(order_id, PHONE | {"channel_order_no": number})
    assert answer.status_code == 200
    assert set(codes(answer)) <= {"text_too_long", "control_character"}
    assert (await world.act("release", order_id)).status_code == 422
    answer = await world.patch(order_id, {"channel_order_no": "M-1001"})
    assert codes(answer) == []


async def test_a_number_taken_at_the_same_moment_is_refused_like_one_taken_before(
    world: World,
) -> None:
    """The other order is there but not committed when the correction looks for it."""
    order_id = await world.quarantined(channel_order_no="free")
    copied = text(
        "insert into ingest.sales_order select gen_random_uuid(), channel, shop, 'taken', state,"
        " document, receipt_id, received_at from ingest.sales_order"
    )
    async with world.engine.connect() as connection:
        await connection.execute(copied)
        correcting = asyncio.ensure_future(world.patch(order_id, {"channel_order_no": "taken"}))
        await world.until_somebody_waits()
        await connection.commit()
        answer = await correcting
    assert answer.status_code == 409
    assert await corrections(world) == []


# -- letting in


async def test_a_corrected_order_is_let_in_once(world: World) -> None:
    order_id = await world.quarantined()
    await world.patch(order_id, PHONE)
    answers = await asyncio.gather(*(world.act("release", order_id) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    (released,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (released["state"], released["reasons"]) == ("released", [])
    (event,) = await world.events(order_id)
    assert event["type"] == "order.received.v1"
    assert event["data"]["order"]["customer"]["phone"] == "+8613800138000"
    (order,) = await world.orders()
    assert (order.state, order.document) == ("received", event["data"]["order"])
    table = tables.quarantine
    (kept,) = await world.rows(select(table))
    assert (kept.resolution, kept.resolved_by, kept.resolution_reason) == (
        "released",
        "writer",
        "because",
    )


async def test_an_order_that_is_still_wrong_stays_and_says_why(world: World) -> None:
    order_id = await world.quarantined(currency="?")
    answer = await world.act("release", order_id)
    assert answer.status_code == 422
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == {
        ("customer.phone", "missing_phone"),
        ("currency", "bad_currency"),
    }
    assert await world.announced() == []
    (order,) = await world.orders()
    assert order.state == "quarantined"


async def test_after_its_release_an_order_is_like_any_other(world: World) -> None:
    order_id = await world.quarantined()
    await world.patch(order_id, PHONE)
    await world.act("release", order_id)
    assert only(await world.submit(canonical()), "duplicate") == order_id
    for refused in (
        await world.patch(order_id, PHONE),
        await world.act("release", order_id),
        await world.act("discard", order_id),
    ):
        assert refused.status_code == 409
    await world.client.post(f"/v1/orders/{order_id}/cancel", json={"reason": "r"})
    assert await world.announced(order_id) == ["order.received.v1", "cancellation.requested.v1"]


# -- closing


async def test_a_discarded_order_is_closed_and_stays_readable(world: World) -> None:
    order_id = await world.quarantined()
    answers = await asyncio.gather(*(world.act(verb, order_id) for verb in ["discard"] * 5))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    for verb in ("release", "discard"):
        assert (await world.act(verb, order_id)).status_code == 409
    assert (await world.patch(order_id, PHONE)).status_code == 409
    shown = (await world.client.get(f"/v1/quarantine/{order_id}")).json()
    assert (shown["state"], codes_of(shown)) == ("discarded", ["missing_phone"])
    assert (await world.client.get(f"/v1/orders/{order_id}")).json()["state"] == "discarded"
    assert only(await world.submit(canonical()), "duplicate") == order_id
    assert await world.announced() == []


def codes_of(shown: Any) -> list[str]:
    return [reason["code"] for reason in shown["reasons"]]


async def test_a_release_and_a_discard_at_once_are_one_of_them(world: World) -> None:
    for n in range(5):
        order_id = await world.quarantined(channel_order_no=f"M-{n}")
        await world.patch(order_id, PHONE)
        release, discard = await asyncio.gather(
            world.act("release", order_id), world.act("discard", order_id)
        )
        assert sorted((release.status_code, discard.status_code)) == [200, 409]
        announced = await world.announced(order_id)
        assert announced == (["order.received.v1"] if release.status_code == 200 else [])


@pytest.mark.parametrize("reason", ["", "x" * 501, None, 5, "\x00"])
async def test_what_is_decided_needs_a_reason(world: World, reason: Any) -> None:
    order_id = await world.quarantined()
    for verb in ("release", "discard"):
        answer = await world.act(verb, order_id, reason=reason)
        assert answer.status_code == 422
        assert "reason" in answer.json()["detail"]


async def test_what_never_was_in_quarantine_is_not_there(world: World) -> None:
    order_id = await world.accepted()
    assert (await world.client.get(f"/v1/quarantine/{order_id}")).status_code == 404
    assert (await world.client.get(f"/v1/quarantine/{NO_ID}")).status_code == 404
    for about, status in ((NO_ID, 404), (order_id, 409), ("no-id", 422)):
        assert (await world.patch(about, PHONE)).status_code == status
        assert (await world.act("release", about)).status_code == status
        assert (await world.act("discard", about)).status_code == status
