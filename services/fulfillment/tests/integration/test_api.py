"""The HTTP API, on a real database."""

from typing import Any

import httpx
import pytest

from common.ids import new_id

Client = httpx.AsyncClient
AT = "2026-11-22T10:00:00+08:00"


def a_scan(code: str, step: str, **more: object) -> dict[str, object]:
    return {"code": code, "step": step, "scanned_at": AT, "device_id": "d1", **more}


HANDOVER = {"courier": "sf", "tracking_no": "SF1001"}


async def hand_over(client: Client, code: str, **handover: object) -> httpx.Response:
    for step in ("picking", "packed"):
        assert (await client.post("/v1/scans", json=a_scan(code, step))).status_code == 200
    return await client.post("/v1/scans", json=a_scan(code, "handed_over", **handover))


async def test_an_order_goes_all_the_way(client: Client, world: Any, allocated: Any) -> None:
    order_id, code = await allocated()
    done = await hand_over(client, "P" + code[1:], **HANDOVER)
    assert done.json() == {
        "order_id": str(order_id),
        "task_code": code,
        "state": "handed_over",
        "version": 5,
        "repeated": False,
    }
    assert await world.levels() == {("HZ", "A"): (98, 0)}
    for status in ("in_transit", "delivered"):
        news = {"status": status, "occurred_at": AT, "courier": "sf"}
        told = await client.post("/v1/shipments/SF1001/events", json=news)
        assert told.json()["applied"] is True
        again = await client.post("/v1/shipments/SF1001/events", json=news)
        assert (again.status_code, again.json()["applied"]) == (200, False)
    old = {"status": "in_transit", "occurred_at": AT, "courier": "sf"}
    assert (await client.post("/v1/shipments/SF1001/events", json=old)).json() == {
        "order_id": str(order_id),
        "state": "delivered",
        "version": 7,
        "applied": False,
    }
    view = (await client.get(f"/v1/orders/{order_id}")).json()
    assert view["shipment"]["tracking_no"] == "SF1001"
    assert view["shipment"]["status"] == "delivered"
    assert [s["to"] for s in view["history"]] == [
        "awaiting_allocation",
        "allocated",
        "picking",
        "packed",
        "handed_over",
        "in_transit",
        "delivered",
    ]
    assert view["history"][2]["by"] == "tester"
    assert await world.published() == ["order.allocated.v1", "order.handed_over.v1"]
    await world.assert_sound()


async def test_a_repeated_scan_has_the_same_answer(
    client: Client, world: Any, allocated: Any
) -> None:
    _, code = await allocated()
    first = (await client.post("/v1/scans", json=a_scan(code, "picking"))).json()
    await client.post("/v1/scans", json=a_scan(code, "packed"))
    again = (await client.post("/v1/scans", json=a_scan(code, "picking"))).json()
    assert again == first | {"repeated": True}
    handed = await client.post("/v1/scans", json=a_scan(code, "handed_over", **HANDOVER))
    again = await client.post("/v1/scans", json=a_scan(code, "handed_over", **HANDOVER))
    assert again.json() == handed.json() | {"repeated": True}
    other = HANDOVER | {"tracking_no": "SF9"}
    wrong = await client.post("/v1/scans", json=a_scan(code, "handed_over", **other))
    assert wrong.status_code == 409
    await world.assert_sound()


async def test_a_scan_out_of_order_names_the_state_and_what_is_expected(
    client: Client, allocated: Any
) -> None:
    _, code = await allocated()
    refused = await client.post("/v1/scans", json=a_scan(code, "packed"))
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The order is allocated; the step expected is picking."


async def test_a_cancelled_orders_parcel_must_be_put_back(client: Client, allocated: Any) -> None:
    order_id, code = await allocated()
    await client.post("/v1/scans", json=a_scan(code, "picking"))
    cancelled = await client.post(f"/v1/orders/{order_id}/cancel", json={"reason": "no more"})
    assert cancelled.json()["state"] == "cancelled"
    again = await client.post(f"/v1/orders/{order_id}/cancel", json={"reason": "no more"})
    assert again.json() == cancelled.json()
    refused = await client.post("/v1/scans", json=a_scan(code, "packed"))
    assert refused.status_code == 409
    assert "put the parcel back" in refused.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "lost"},
        {"scanned_at": "yesterday"},
        {"scanned_at": 1_700_000_000},
        {"scanned_at": "0001-01-01T00:00:00+08:00"},
        {"scanned_at": "2026-11-22T10:00:00"},
        {"courier": "sf"},
        {"step": "handed_over", "courier": "sf"},
        {"device_id": "\x00"},
        {"device_id": ""},
        {"more": 1},
    ],
)
async def test_a_scan_with_a_wrong_field_is_refused(
    client: Client, allocated: Any, wrong: dict[str, object]
) -> None:
    _, code = await allocated()
    refused = await client.post("/v1/scans", json=a_scan(code, "picking") | wrong)
    assert refused.status_code == 422


async def test_unknown_codes_orders_and_parcels_are_not_found(client: Client) -> None:
    for code in ("T00000000000", "nonsense", "\x00"):
        assert (await client.post("/v1/scans", json=a_scan(code, "picking"))).status_code == 404
    assert (await client.get(f"/v1/orders/{new_id()}")).status_code == 404
    cancel = await client.post(f"/v1/orders/{new_id()}/cancel", json={"reason": "x"})
    assert cancel.status_code == 404
    assert (await client.get("/v1/tasks/T00000000000")).status_code == 404
    news = {"status": "delivered", "occurred_at": AT, "courier": "sf"}
    assert (await client.post("/v1/shipments/X1/events", json=news)).status_code == 404


async def test_a_tracking_number_belongs_to_one_order_of_a_courier(
    client: Client, world: Any, allocated: Any
) -> None:
    (_, one), (_, two), (_, three) = [await allocated() for _ in range(3)]
    assert (await hand_over(client, one, **HANDOVER)).status_code == 200
    assert (await hand_over(client, two, **HANDOVER)).status_code == 409
    other = HANDOVER | {"courier": "yto"}
    assert (await hand_over(client, three, **other)).status_code == 200
    assert await world.levels() == {("HZ", "A"): (96, 2)}
    await world.assert_sound()


async def test_a_wish_to_cancel_what_has_left_is_refused_and_remembered(
    client: Client, world: Any, allocated: Any
) -> None:
    order_id, code = await allocated()
    await hand_over(client, code, **HANDOVER)
    await world.deliver(world.events.cancel(order_id))
    view = (await client.get(f"/v1/orders/{order_id}")).json()
    assert (view["state"], view["cancellation"]["outcome"]) == ("handed_over", "refused")
    refused = await client.post(f"/v1/orders/{order_id}/cancel", json={"reason": "x"})
    assert refused.status_code == 409


async def test_lists_are_paged_by_the_last_id_seen(
    client: Client, world: Any, allocated: Any
) -> None:
    made = [await allocated() for _ in range(5)]
    await world.deliver(world.events.cancel(made[0][0]))
    for path, key in (
        ("/v1/orders?state=allocated", "order_id"),
        ("/v1/tasks?warehouse=HZ", "code"),
    ):
        seen: list[str] = []
        after = ""
        while True:
            page = (await client.get(f"{path}&limit=2{after}")).json()
            seen += [item[key] for item in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        wanted = [str(i) for i, _ in made[1:]] if key == "order_id" else [c for _, c in made]
        assert seen == wanted
    levels = (await client.get("/v1/stock?warehouse=HZ&limit=1")).json()
    assert (levels["items"][0]["available"], levels["next"]) == (92, "HZ/A")
    following = await client.get("/v1/stock", params={"after": levels["next"]})
    assert following.json() == {"items": [], "next": None}


async def test_the_label_shows_what_only_those_who_pack_may_see(
    client: Client, allocated: Any
) -> None:
    _, code = await allocated()
    task = (await client.get(f"/v1/tasks/{code}")).json()
    assert task["lines"] == [{"sku": "A", "title": "A", "quantity": 2}]
    assert task["receiver"]["name"] == "张三"
    assert task["address"]["detail"] == "文三路 1 号"
    reader = {"Authorization": "Bearer read"}
    assert (await client.get("/v1/tasks", headers=reader)).status_code == 200
    assert (await client.get(f"/v1/tasks/{code}", headers=reader)).status_code == 403
    nobody = {"Authorization": "Bearer nobody"}
    assert (await client.get("/v1/tasks", headers=nobody)).status_code == 401


async def test_an_order_of_which_only_a_payment_came_is_not_known_yet(
    client: Client, world: Any
) -> None:
    order_id = new_id()
    await world.deliver(world.events.paid(order_id, "p", 100))
    assert (await client.get(f"/v1/orders/{order_id}")).status_code == 404
    assert (await client.get("/v1/orders")).json()["items"] == []


async def test_shipments_are_found_by_tracking_number(client: Client, allocated: Any) -> None:
    order_id, code = await allocated()
    await hand_over(client, code, **HANDOVER)
    found = (await client.get("/v1/shipments?tracking_no=SF1001")).json()["items"]
    assert [(s["order_id"], s["courier"], s["status"]) for s in found] == [
        (str(order_id), "sf", "handed_over")
    ]
    assert (await client.get("/v1/shipments?tracking_no=none")).json()["items"] == []
