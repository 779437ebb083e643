"""What the channel wants of orders that are here already: kept back, let go, sent elsewhere."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.contracts.order import Customer
from common.ids import new_id
from fulfillment.store import tables

Client = httpx.AsyncClient
AT = "2026-11-22T10:00:00+08:00"
HANDOVER = {"courier": "sf", "tracking_no": "SF2001"}


async def scan(client: Client, code: str, step: str) -> httpx.Response:
    more = HANDOVER if step == "handed_over" else {}
    body = {"code": code, "step": step, "scanned_at": AT, "device_id": "d1", **more}
    return await client.post("/v1/scans", json=body)


async def hand_over(client: Client, code: str) -> None:
    for step in ("picking", "packed", "handed_over"):
        assert (await scan(client, code, step)).status_code == 200


# -- kept back


async def test_an_order_kept_back_gives_its_stock_back_and_starts_anew_when_let_go(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, old = await allocated()
    for step in ("picking", "packed"):
        await scan(client, old, step)
    await world.deliver(world.events.kept_back(order_id))
    assert await world.state(order_id) == "held"
    assert await world.levels() == {("HZ", "A"): (100, 0)}
    last = (await world.history(order_id))[-1]
    assert (last.trigger, last.source, last.target) == ("keep_back", "packed", "held")
    assert last.reason == "the channel keeps it back: locked by the channel"
    assert (await scan(client, old, "handed_over")).status_code == 409
    shown = (await client.get(f"/v1/orders/{order_id}")).json()
    assert shown["kept_back"] == "locked by the channel"
    await world.assert_sound()
    await world.deliver(world.events.let_go(order_id))
    assert await world.state(order_id) == "allocated"
    assert (await client.get(f"/v1/orders/{order_id}")).json()["kept_back"] is None
    new = await world.task_code(order_id)
    assert new != old
    await hand_over(client, new)
    assert await world.published(order_id) == [
        "order.allocated.v1",
        "order.allocated.v1",
        "order.handed_over.v1",
    ]
    await world.assert_sound()


async def test_an_order_kept_back_before_its_approval_never_reserves(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.kept_back(order_id))
    assert await world.state(order_id) == "received"
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    assert await world.state(order_id) == "held"
    assert await world.published() == []
    await world.deliver(world.events.let_go(order_id))
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


async def test_a_hold_and_its_end_that_come_the_wrong_way_round_hold_nothing(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    await world.deliver(world.events.let_go(order_id, no=2))
    await world.deliver(world.events.kept_back(order_id, no=1))
    assert await world.state(order_id) == "allocated"
    assert await world.published() == ["order.allocated.v1"]
    await world.assert_sound()


async def test_a_hold_that_comes_when_the_order_has_left_is_said_to_be_missed_once(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    await hand_over(client, code)
    wish = world.message(world.events.kept_back(order_id))
    await world.deliver(wish)
    await world.deliver(wish, world.events.kept_back(order_id))
    assert await world.state(order_id) == "handed_over"
    assert await world.said(order_id, "change.missed.v1") == [
        {"order_id": str(order_id), "change": "hold", "change_no": 1, "state": "handed_over"}
    ]
    await world.assert_sound()


async def test_an_account_says_that_an_order_waits_for_the_channel_alone(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, _ = await allocated()
    for event, waits, held_by in (
        (world.events.kept_back(order_id), True, ["channel"]),
        (world.events.flagged(order_id), False, ["risk", "channel"]),
        (world.events.approved(order_id, ("A", 2), no=3), True, ["channel"]),
        (world.events.let_go(order_id), False, []),
    ):
        await world.deliver(event)
        shown = (await client.get(f"/v1/orders/{order_id}")).json()
        assert shown["held_by"] == held_by
        (account,) = (await client.get("/v1/accounts")).json()["items"]
        assert account["awaiting_channel"] is waits
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


# -- sent elsewhere


async def label(client: Client, code: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/tasks/{code}")).json()
    return found


async def test_a_task_carries_the_address_that_the_channel_said_last(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    assert (await label(client, code))["address_changed"] is False
    await world.deliver(world.events.moved(order_id, "学院路 2 号", no=2))
    await world.deliver(world.events.moved(order_id, "学院路 1 号", no=1))
    shown = await label(client, code)
    assert (shown["address"]["detail"], shown["address_changed"]) == ("学院路 2 号", True)
    assert shown["receiver"] == {"name": "李四", "phone": "13800138000"}
    assert shown["lines"][0]["sku"] == "A"
    await world.assert_sound()


async def test_a_label_has_the_key_to_a_receiver_that_the_channel_masks(
    client: Client, world: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    await world.stock(HZ={"A": 2})
    order_id, make = new_id(), world.events
    sealed = Customer(
        name="周**", phone="138****5678", email=None, platform_id=None, receiver_token=" oaid-1 "
    )
    await world.deliver(make.approved(order_id, ("A", 1), customer=sealed))
    code = await world.task_code(order_id)
    shown = await label(client, code)
    assert shown["receiver"] == {"name": "周**", "phone": "138****5678"}
    assert shown["receiver_token"] == "oaid-1"
    assert shown["sale"] == {"channel": "mall", "shop": "demo", "channel_order_no": "M-1"}
    resealed = sealed.model_copy(update={"receiver_token": "oaid-2"})
    await world.deliver(make.moved(order_id, "学院路***").model_copy(update={"customer": resealed}))
    assert (await label(client, code))["receiver_token"] == "oaid-2"
    assert (await label(client, code))["sale"] == shown["sale"]
    await world.deliver(make.moved(order_id, "学院路 1 号", no=2))
    assert (await label(client, code))["receiver_token"] is None
    for path in ("/v1/tasks", "/v1/orders", f"/v1/orders/{order_id}", "/v1/accounts"):
        assert "oaid" not in (await client.get(path)).text
    assert "oaid" not in "".join(capfd.readouterr())


async def test_an_address_that_comes_before_the_approval_counts(client: Client, world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.moved(order_id, "学院路 2 号", province="广东省"))
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    assert (await label(client, await world.task_code(order_id)))["address"]["province"] == "广东省"
    await world.assert_sound()


async def test_an_address_that_comes_when_the_order_has_left_is_said_to_be_missed_once(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    await hand_over(client, code)
    moved = world.message(world.events.moved(order_id, "学院路 2 号", no=2))
    await world.deliver(moved)
    await world.deliver(moved, world.events.moved(order_id, "学院路 1 号", no=1))
    assert (await label(client, code))["address"]["detail"] == "文三路 1 号"
    assert await world.said(order_id, "change.missed.v1") == [
        {"order_id": str(order_id), "change": "address", "change_no": 2, "state": "handed_over"}
    ]


# -- in any sequence


@pytest.mark.parametrize("_", range(3))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_no_sequence_of_events_changes_where_an_order_ends(
    world: Any, data: st.DataObject, _: int
) -> None:
    if not await world.levels():
        await world.stock(HZ={"A": 10_000})
    order_id, make = new_id(), world.events
    events = [
        make.kept_back(order_id, no=1),
        make.let_go(order_id, no=2),
        make.approved(order_id, ("A", 1), payments=()),
        make.paid(order_id, "p1", 1000),
        make.moved(order_id, "first", no=1),
        make.moved(order_id, "second", no=2),
    ]
    held_again = data.draw(st.booleans())
    if held_again:
        events.append(make.kept_back(order_id, no=3))
    messages = [world.message(event) for event in events]
    again = data.draw(st.lists(st.sampled_from(messages), max_size=4))
    left = list(data.draw(st.permutations([*messages, *again])))
    while left:
        size = data.draw(st.integers(1, 4))
        await world.deliver(*left[:size])
        left = left[size:]
    order = await world.order(order_id)
    assert order.state == ("held" if held_again else "allocated")
    assert (order.awaiting_channel, order.paid_minor) == (held_again, 1000)
    assert order.destination["address"]["detail"] == "second"
    await world.assert_sound()
    assert await world.count(tables.backorder_line) == 0
