"""Stock that comes in, is counted and is seeded, on a real database."""

from typing import Any

import httpx

from common.ids import new_id
from fulfillment.store import tables
from fulfillment.use_cases.seeding import quantities, seed

Client = httpx.AsyncClient


async def test_stock_that_comes_in_serves_those_who_wait_at_once(
    client: Client, world: Any
) -> None:
    await world.stock(HZ={"A": 0})
    waits = new_id()
    await world.deliver(world.events.approved(waits, ("A", 2)))
    receipt = {"warehouse": "HZ", "lines": [{"sku": "A", "quantity": 1}], "reason": "delivery"}
    first = await client.post("/v1/stock/receipts", json=receipt)
    assert first.json()["allocated_orders"] == 0
    second = (await client.post("/v1/stock/receipts", json=receipt)).json()
    assert second == {
        "warehouse": "HZ",
        "items": [{"warehouse": "HZ", "sku": "A", "on_hand": 2, "reserved": 2, "available": 0}],
        "allocated_orders": 1,
    }
    assert await world.state(waits) == "allocated"
    assert (await world.history(waits))[-1].by == "tester"
    assert await world.count(tables.stock_entry) == 2
    await world.assert_sound()


async def test_a_receipt_under_one_key_is_booked_once(client: Client, world: Any) -> None:
    await world.stock(HZ={"A": 0})
    receipt = {"warehouse": "HZ", "lines": [{"sku": "A", "quantity": 1}], "reason": "delivery"}
    headers = {"Idempotency-Key": "k1"}
    answers = [await client.post("/v1/stock/receipts", json=receipt, headers=headers) for _ in "ab"]
    assert answers[0].content == answers[1].content
    assert await world.levels() == {("HZ", "A"): (1, 0)}


async def test_a_count_below_what_is_reserved_is_refused(
    client: Client, world: Any, allocated: Any
) -> None:
    await allocated(quantity=4)
    count = {"warehouse": "HZ", "lines": [{"sku": "A", "on_hand": 3}], "reason": "stocktaking"}
    assert (await client.post("/v1/stock/counts", json=count)).status_code == 409
    count["lines"] = [{"sku": "A", "on_hand": 4}, {"sku": "NEW", "on_hand": 7}]
    assert (await client.post("/v1/stock/counts", json=count)).status_code == 200
    assert await world.levels() == {("HZ", "A"): (4, 4), ("HZ", "NEW"): (7, 0)}
    count["warehouse"] = "XX"
    assert (await client.post("/v1/stock/counts", json=count)).status_code == 404


async def test_a_warehouse_that_opens_serves_those_who_wait(client: Client, world: Any) -> None:
    await world.stock(HZ={"A": 5})
    place = {"name": "Hangzhou", "latitude": 30.2, "longitude": 120.1, "active": False}
    assert (await client.put("/v1/warehouses/HZ", json=place)).status_code == 200
    waits = new_id()
    await world.deliver(world.events.approved(waits, ("A", 2)))
    assert await world.state(waits) == "backordered"
    await client.put("/v1/warehouses/HZ", json=place | {"active": True})
    await world.serve_marked()
    assert await world.state(waits) == "allocated"
    new = place | {"code": "HZ"}
    assert (await client.post("/v1/warehouses", json=new)).status_code == 409
    assert (await client.post("/v1/warehouses", json=new | {"code": "GZ"})).status_code == 201
    listed = (await client.get("/v1/warehouses")).json()["items"]
    assert [(w["code"], w["active"]) for w in listed] == [("GZ", False), ("HZ", True)]


async def test_seeding_twice_adds_nothing(world: Any) -> None:
    async with world.works.begin() as work:
        assert await seed(work) == len(quantities())
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("SKU-0001", 1), ("SKU-0050", 2)))
    assert (await world.order(order_id)).warehouse == "HZ"
    before = await world.levels()
    async with world.works.begin() as work:
        assert await seed(work) == 0
    assert await world.levels() == before
    assert sum(n for (_, sku), (n, _) in before.items() if sku == "SKU-0100") == 1
    assert sum(n for (_, sku), (n, _) in before.items() if sku == "SKU-0099") == 0
