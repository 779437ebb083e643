"""What people do with stock, warehouses and orders is in the operation log."""

from typing import Any

import httpx
import pytest

from common.database.operation_chain import Operation
from common.database.work import WorkFactory
from support.operations import operations_in


@pytest.fixture
def made(works: WorkFactory) -> Any:
    """Read what was recorded since the test began."""

    async def read() -> list[Operation]:
        return await operations_in(works.engine, works.tables)

    return read


async def test_stock_received_and_counted_is_recorded(
    client: httpx.AsyncClient, world: Any, made: Any
) -> None:
    await world.stock(HZ={"A": 3})
    known = len(await made())
    receipt = {"warehouse": "HZ", "lines": [{"sku": "A", "quantity": 2}], "reason": "delivery"}
    await client.post("/v1/stock/receipts", json=receipt)
    count = {"warehouse": "HZ", "lines": [{"sku": "A", "on_hand": 4}], "reason": "stocktaking"}
    await client.post("/v1/stock/counts", json=count)
    received, counted = (await made())[known:]
    assert (received.action, received.before, received.after) == ("stock.received", None, {"A": 2})
    assert (counted.action, counted.before, counted.after) == ("stock.counted", {"A": 5}, {"A": 4})
    assert {each.actor for each in (received, counted)} == {"tester"}
    assert (counted.subject_kind, counted.subject_id) == ("warehouse", "HZ")
    assert counted.reason == "stocktaking"


async def test_what_a_warehouse_was_and_became_is_recorded(
    client: httpx.AsyncClient, made: Any
) -> None:
    known = len(await made())
    place = {"name": "Hangzhou", "latitude": 30.2, "longitude": 120.1, "active": False}
    await client.post("/v1/warehouses", json=place | {"code": "HZ"})
    await client.put("/v1/warehouses/HZ", json=place | {"active": True})
    added, changed = (await made())[known:]
    assert (added.action, changed.action) == ("warehouse.added", "warehouse.changed")
    assert changed.before == added.after
    assert changed.after == added.after | {"active": True}


async def test_a_cancellation_by_a_person_is_recorded(
    client: httpx.AsyncClient, allocated: Any, made: Any
) -> None:
    order_id, _ = await allocated(quantity=1)
    known = len(await made())
    url = f"/v1/orders/{order_id}/cancel"
    assert (await client.post(url, json={"reason": "changed my mind"})).is_success
    (cancelled,) = (await made())[known:]
    assert (cancelled.action, cancelled.order_id) == ("order.cancelled", order_id)
    assert (cancelled.before, cancelled.after) == ({"state": "allocated"}, {"state": "cancelled"})
    assert cancelled.reason == "changed my mind"
