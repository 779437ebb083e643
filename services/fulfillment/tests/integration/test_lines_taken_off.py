"""Lines that the channel takes off an order that is here already, or adds to it."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import new_id

Client = httpx.AsyncClient
MISSED = "lines.missed.v1"


async def scan(client: Client, code: str, step: str) -> httpx.Response:
    more = {"courier": "sf", "tracking_no": "SF3001"} if step == "handed_over" else {}
    body = {"code": code, "step": step, "scanned_at": "2026-11-22T10:00:00+08:00", "device_id": "d"}
    return await client.post("/v1/scans", json=body | more)


async def to_pick(client: Client, code: str) -> list[tuple[str, int]]:
    shown = (await client.get(f"/v1/tasks/{code}")).json()
    return [(line["sku"], line["quantity"]) for line in shown["lines"]]


async def test_what_was_packed_is_packed_anew_without_the_lines_taken_off(
    client: Client, world: Any
) -> None:
    await world.stock(HZ={"A": 5, "B": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), ("B", 1)))
    old = await world.task_code(order_id)
    for step in ("picking", "packed"):
        await scan(client, old, step)
    await world.deliver(world.events.edited(order_id, ("A", 1)))
    assert await world.state(order_id) == "allocated"
    assert await world.levels() == {("HZ", "A"): (5, 1), ("HZ", "B"): (5, 0)}
    assert (await scan(client, old, "handed_over")).status_code == 409
    new = await world.task_code(order_id)
    assert await to_pick(client, new) == [("A", 1)]
    assert {s.reason for s in (await world.history(order_id))[-3:-1]} == {
        "the channel took lines off"
    }
    await world.assert_sound()
    for step in ("picking", "packed", "handed_over"):
        assert (await scan(client, new, step)).status_code == 200
    assert await world.levels() == {("HZ", "A"): (4, 0), ("HZ", "B"): (5, 0)}
    assert await world.said(order_id, MISSED) == []
    await world.assert_sound()


async def test_an_order_that_waited_for_the_line_taken_off_waits_no_longer(world: Any) -> None:
    await world.stock(HZ={"A": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), ("B", 1)))
    assert await world.state(order_id) == "backordered"
    await world.deliver(world.events.edited(order_id, ("A", 2)))
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


async def test_lines_taken_off_before_the_approval_are_never_reserved(
    client: Client, world: Any
) -> None:
    await world.stock(HZ={"A": 5, "B": 5})
    order_id = new_id()
    await world.deliver(world.events.edited(order_id, ("B", 1)))
    await world.deliver(world.events.approved(order_id, ("A", 2), ("B", 1)))
    assert await world.levels() == {("HZ", "A"): (5, 0), ("HZ", "B"): (5, 1)}
    assert await to_pick(client, await world.task_code(order_id)) == [("B", 1)]
    await world.assert_sound()


async def test_a_held_order_goes_on_with_what_is_left(world: Any) -> None:
    await world.stock(HZ={"A": 5, "B": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), ("B", 1)))
    await world.deliver(world.events.kept_back(order_id))
    await world.deliver(world.events.edited(order_id, ("A", 1)))
    assert await world.state(order_id) == "held"
    await world.deliver(world.events.let_go(order_id))
    assert await world.levels() == {("HZ", "A"): (5, 1), ("HZ", "B"): (5, 0)}
    await world.assert_sound()


@pytest.mark.parametrize("early", [False, True])
async def test_lines_that_ask_for_more_are_left_to_a_person(world: Any, *, early: bool) -> None:
    await world.stock(HZ={"A": 5, "B": 5})
    order_id, make = new_id(), world.events
    events = [make.approved(order_id, ("A", 2)), make.edited(order_id, ("A", 1), ("B", 1))]
    for event in reversed(events) if early else events:
        await world.deliver(event)
    assert await world.state(order_id) == "allocated"
    assert await world.levels() == {("HZ", "A"): (5, 2), ("HZ", "B"): (5, 0)}
    state = "received" if early else "allocated"
    assert await world.said(order_id, MISSED) == [
        {"order_id": str(order_id), "lines_no": 1, "state": state}
    ]
    await world.assert_sound()


async def test_lines_that_come_when_the_order_has_left_are_said_to_be_missed_once(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    for step in ("picking", "packed", "handed_over"):
        await scan(client, code, step)
    edited = world.message(world.events.edited(order_id, ("A", 1), no=2))
    await world.deliver(edited)
    await world.deliver(edited, world.events.edited(order_id, ("B", 1), no=1))
    assert await world.said(order_id, MISSED) == [
        {"order_id": str(order_id), "lines_no": 2, "state": "handed_over"}
    ]
    assert await world.state(order_id) == "handed_over"
    await world.assert_sound()


async def test_a_lasting_refusal_does_not_undo_what_was_taken_off_before_it(
    client: Client, world: Any
) -> None:
    await world.stock(HZ={"A": 5})
    order_id, make = new_id(), world.events
    await world.deliver(make.approved(order_id, ("A", 3)))
    await world.deliver(
        make.edited(order_id, ("A", 1), no=1), make.edited(order_id, ("A", 4), no=2)
    )
    assert await to_pick(client, await world.task_code(order_id)) == [("A", 1)]
    assert [told["lines_no"] for told in await world.said(order_id, MISSED)] == [2]
    await world.assert_sound()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_whatever_the_sequence_the_last_lines_count(world: Any, data: st.DataObject) -> None:
    if not await world.levels():
        await world.stock(HZ={"A": 10_000, "B": 10_000})
    order_id, make = new_id(), world.events
    events = [
        make.approved(order_id, ("A", 3), ("B", 2), payments=()),
        make.paid(order_id, "p1", 5_000),
        make.edited(order_id, ("A", 3), ("B", 1), no=1),
        make.edited(order_id, ("A", 2), no=2),
        make.kept_back(order_id, no=1),
        make.let_go(order_id, no=2),
    ]
    messages = [world.message(event) for event in events]
    again = data.draw(st.lists(st.sampled_from(messages), max_size=4))
    left = list(data.draw(st.permutations([*messages, *again])))
    while left:
        size = data.draw(st.integers(1, 4))
        await world.deliver(*left[:size])
        left = left[size:]
    order = await world.order(order_id)
    assert order.state == "allocated"
    assert [(i["sku"], i["quantity"]) for i in order.particulars["lines"]] == [("A", 2)]
    await world.assert_sound()
