"""Orders that risk lets reserve but not leave, or flags after it approved them."""

from typing import Any

import httpx

from common.ids import new_id
from fulfillment.store import tables

Client = httpx.AsyncClient
AT = "2026-11-22T10:00:00+08:00"
HANDOVER = {"courier": "sf", "tracking_no": "SF1001"}


def a_scan(code: str, step: str, **more: object) -> dict[str, object]:
    return {"code": code, "step": step, "scanned_at": AT, "device_id": "d1", **more}


async def hand_over(client: Client, code: str) -> httpx.Response:
    for step in ("picking", "packed"):
        assert (await client.post("/v1/scans", json=a_scan(code, step))).status_code == 200
    return await client.post("/v1/scans", json=a_scan(code, "handed_over", **HANDOVER))


async def test_a_flagged_order_gives_its_stock_to_the_oldest_who_waits(
    world: Any, later: Any
) -> None:
    await world.stock(HZ={"A": 2})
    first, second = new_id(), new_id()
    await world.deliver(world.events.approved(first, ("A", 2)))
    await world.deliver(world.events.approved(second, ("A", 2), placed_at=later(5)))
    await world.deliver(world.events.flagged(first))
    assert await world.states() == {first: "held", second: "allocated"}
    last = (await world.history(first))[-1]
    assert (last.trigger, last.source, last.target) == ("flag", "allocated", "held")
    assert last.reason == "flagged by risk: credit.low, late"
    await world.assert_sound()
    await world.deliver(world.events.approved(first, ("A", 2), no=3))
    assert await world.state(first) == "backordered"
    assert (await world.order(first)).warehouse is None
    await world.deliver(world.events.cancel(second))
    assert await world.state(first) == "allocated"
    assert await world.published(first) == [
        "order.allocated.v1",
        "order.backordered.v1",
        "order.allocated.v1",
    ]
    await world.assert_sound()


async def test_a_flagged_order_that_waited_for_stock_waits_no_more(world: Any) -> None:
    await world.stock(HZ={"A": 0})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    await world.deliver(world.events.flagged(order_id))
    assert await world.state(order_id) == "held"
    assert await world.count(tables.backorder_line) == 0
    await world.deliver(world.events.rejected(order_id, no=3))
    assert await world.state(order_id) == "cancelled"
    await world.assert_sound()


async def test_a_flag_that_comes_before_the_approval_is_remembered(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.flagged(order_id))
    await world.deliver(world.events.approved(order_id, ("A", 2), await_recheck=True))
    assert await world.state(order_id) == "held"
    assert await world.published() == []
    await world.deliver(world.events.approved(order_id, ("A", 2), no=3))
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


async def test_an_approval_a_flag_and_an_approval_in_one_batch_allocate_once(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(
        world.events.approved(order_id, ("A", 2), await_recheck=True),
        world.events.flagged(order_id),
        world.events.approved(order_id, ("A", 2), no=3),
    )
    assert await world.state(order_id) == "allocated"
    assert await world.published() == ["order.allocated.v1"]
    assert (await world.order(order_id)).awaiting_recheck is False
    await world.assert_sound()


async def test_what_a_recheck_released_early_is_not_blocked_by_the_approval_before_it(
    world: Any,
) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), no=2))
    await world.deliver(world.events.approved(order_id, ("A", 2), await_recheck=True))
    assert (await world.order(order_id)).awaiting_recheck is False
    assert (await world.order(order_id)).decision_no == 2


async def test_a_cancelled_order_is_not_held(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)), world.events.cancel(order_id))
    await world.deliver(world.events.flagged(order_id))
    assert await world.state(order_id) == "cancelled"
    assert await world.published() == ["order.cancelled.v1"]
    await world.assert_sound()


async def test_a_flag_that_comes_when_the_order_has_left_is_said_to_be_missed_once(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    assert (await hand_over(client, code)).status_code == 200
    flagged = world.message(world.events.flagged(order_id))
    await world.deliver(flagged)
    await world.deliver(flagged, world.events.flagged(order_id))
    assert await world.state(order_id) == "handed_over"
    assert await world.said(order_id, "hold.missed.v1") == [
        {"order_id": str(order_id), "decision_no": 2, "state": "handed_over"}
    ]
    assert len(await world.history(order_id)) == 5
    assert await world.levels() == {("HZ", "A"): (98, 0)}
    await world.assert_sound()


async def test_goods_that_await_a_recheck_are_reserved_but_not_picked(
    client: Client, world: Any
) -> None:
    await world.stock(HZ={"A": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), await_recheck=True))
    assert await world.levels() == {("HZ", "A"): (5, 2)}
    code = await world.task_code(order_id)
    (listed,) = (await client.get("/v1/tasks")).json()["items"]
    label = (await client.get(f"/v1/tasks/{code}")).json()
    for task in (listed, label):
        assert (task["blocked"], task["blocked_reason"]) == (True, "awaiting_recheck")
    assert (await client.get(f"/v1/orders/{order_id}")).json()["blocked"] is True
    refused = await client.post("/v1/scans", json=a_scan(code, "picking"))
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The order awaits a re-check by risk: let the goods lie until it is done.",
    )
    await world.deliver(world.events.approved(order_id, ("A", 2), no=2))
    (listed,) = (await client.get("/v1/tasks")).json()["items"]
    assert (listed["blocked"], listed["blocked_reason"]) == (False, None)
    assert (await hand_over(client, code)).status_code == 200
    assert await world.published() == ["order.allocated.v1", "order.handed_over.v1"]
    await world.assert_sound()


async def test_a_flagged_orders_goods_are_put_back_and_a_new_task_is_made_later(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, old = await allocated()
    for step in ("picking", "packed"):
        await client.post("/v1/scans", json=a_scan(old, step))
    await world.deliver(world.events.flagged(order_id))
    assert await world.levels() == {("HZ", "A"): (100, 0)}
    (task,) = (await client.get("/v1/tasks")).json()["items"]
    assert (task["state"], task["blocked"]) == ("cancelled", False)
    held = await client.post("/v1/scans", json=a_scan(old, "handed_over", **HANDOVER))
    assert (held.status_code, held.json()["detail"]) == (
        409,
        "The task was ended, its order is held: put the parcel back.",
    )
    await world.deliver(world.events.approved(order_id, ("A", 2), no=3))
    new = await world.task_code(order_id)
    assert new != old
    view = (await client.get(f"/v1/orders/{order_id}")).json()
    assert (view["state"], view["task_code"]) == ("allocated", new)
    stale = await client.post("/v1/scans", json=a_scan(old, "picking"))
    assert "order is allocated: put the parcel back" in stale.json()["detail"]
    assert (await hand_over(client, new)).json()["version"] == 10
    again = await client.post("/v1/scans", json=a_scan(old, "handed_over", **HANDOVER))
    assert again.status_code == 409
    assert (await client.get(f"/v1/tasks/{old}")).json()["tracking_no"] is None
    assert (await client.get(f"/v1/tasks/{new}")).json()["tracking_no"] == "SF1001"
    assert await world.levels() == {("HZ", "A"): (98, 0)}
    await world.assert_sound()


async def test_a_repeated_scan_of_a_new_task_tells_of_its_own_steps(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, old = await allocated()
    await client.post("/v1/scans", json=a_scan(old, "picking"))
    await world.deliver(world.events.flagged(order_id))
    await world.deliver(world.events.approved(order_id, ("A", 2), no=3))
    new = await world.task_code(order_id)
    first = (await client.post("/v1/scans", json=a_scan(new, "picking"))).json()
    assert (first["version"], first["repeated"]) == (7, False)
    again = (await client.post("/v1/scans", json=a_scan(new, "picking"))).json()
    assert again == first | {"repeated": True}


async def test_pages_lose_no_task_of_an_order_that_has_several(
    client: Client, world: Any, allocated: Any
) -> None:
    made = [(await allocated())[0] for _ in range(2)]
    for no in (2, 4):
        for order_id in made:
            await world.deliver(world.events.flagged(order_id, no=no))
            await world.deliver(world.events.approved(order_id, ("A", 2), no=no + 1))
    whole = (await client.get("/v1/tasks")).json()["items"]
    assert [t["order_id"] for t in whole] == [str(i) for i in made for _ in range(3)]
    assert [t["state"] for t in whole] == ["cancelled", "cancelled", "allocated"] * 2
    seen: list[str] = []
    page: dict[str, Any] = {"next": None}
    while len(seen) == 0 or page["next"]:
        params = {"limit": 2} | ({"after": page["next"]} if page["next"] else {})
        page = (await client.get("/v1/tasks", params=params)).json()
        seen += [t["code"] for t in page["items"]]
    assert seen == [t["code"] for t in whole]
    rest = (await client.get("/v1/tasks", params={"after": str(made[0])})).json()["items"]
    assert rest == whole[3:]
    assert (await client.get("/v1/tasks?after=nonsense")).status_code == 422
    (first, second) = (await client.get("/v1/orders")).json()["items"]
    assert [first["task_code"], second["task_code"]] == [whole[2]["code"], whole[5]["code"]]
