"""What fulfillment tells those who audit all services: where every order is, and its stock."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from common.ids import new_id

Allocated = Callable[..., Awaitable[tuple[UUID, str]]]


async def account(client: httpx.AsyncClient, order_id: UUID) -> dict[str, Any]:
    answer = await client.get("/v1/accounts", params={"order_id": str(order_id)})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    return dict(found)


async def stock(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/accounts/stock")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_allocated_order_is_told_in_figures(
    client: httpx.AsyncClient, allocated: Allocated
) -> None:
    order_id, _ = await allocated(quantity=3)
    found = await account(client, order_id)
    assert found.pop("changed_at") is not None
    assert found == {
        "order_id": str(order_id),
        "state": "allocated",
        "version": 2,
        "steps": 2,
        "decision_no": 1,
        "awaiting_channel": False,
        "in_store": False,
        "currency": "CNY",
        "amount_minor": 3000,
        "paid_minor": 3000,
        "cancellation": None,
        "reserved": 3,
        "tasks": 1,
        "announced_version": 2,
        "announced_state": "allocated",
    }


async def test_what_is_not_announced_to_others_does_not_count_as_announced(
    client: httpx.AsyncClient, allocated: Allocated
) -> None:
    order_id, code = await allocated()
    scan = {"code": code, "step": "picking", "scanned_at": "2026-11-22T12:00:00Z"}
    assert (await client.post("/v1/scans", json={**scan, "device_id": "d1"})).is_success
    found = await account(client, order_id)
    assert (found["state"], found["version"], found["steps"]) == ("picking", 3, 3)
    assert (found["announced_state"], found["announced_version"]) == ("allocated", 2)


async def test_an_order_of_which_only_a_cancellation_came_has_no_terms(
    client: httpx.AsyncClient, world: Any
) -> None:
    order_id = new_id()
    await world.deliver(world.events.cancel(order_id))
    found = await account(client, order_id)
    assert (found["state"], found["cancellation"]) == ("cancelled", "accepted")
    assert found["decision_no"] is found["currency"] is found["amount_minor"] is None
    assert (found["reserved"], found["tasks"], found["announced_state"]) == (0, 0, "cancelled")


async def test_a_flagged_order_has_neither_stock_nor_task(
    client: httpx.AsyncClient, world: Any, allocated: Allocated
) -> None:
    order_id, _ = await allocated()
    await world.deliver(world.events.flagged(order_id))
    found = await account(client, order_id)
    assert (found["state"], found["decision_no"]) == ("held", 2)
    assert (found["reserved"], found["tasks"]) == (0, 0)
    assert (found["announced_state"], found["announced_version"]) == ("allocated", 2)


async def test_accounts_come_in_pages(client: httpx.AsyncClient, allocated: Allocated) -> None:
    ids = sorted([str((await allocated())[0]) for _ in range(3)])
    first = (await client.get("/v1/accounts", params={"limit": 2})).json()
    assert [item["order_id"] for item in first["items"]] == ids[:2]
    rest = (await client.get("/v1/accounts", params={"limit": 2, "after": first["next"]})).json()
    assert [item["order_id"] for item in rest["items"]] == ids[2:]
    assert rest["next"] is None


async def test_reserved_stock_is_that_of_the_open_orders(
    client: httpx.AsyncClient, world: Any, allocated: Allocated
) -> None:
    assert await stock(client) == {"reserved": 0, "owed": 0, "differing": 0, "places": []}
    await allocated(quantity=2)
    cancelled, _ = await allocated(quantity=5)
    await allocated(quantity=4)
    await world.deliver(world.events.cancel(cancelled))
    assert await stock(client) == {"reserved": 6, "owed": 6, "differing": 0, "places": []}


async def test_stock_that_is_reserved_for_nobody_is_named(
    client: httpx.AsyncClient, world: Any, allocated: Allocated
) -> None:
    await allocated(quantity=2)
    async with world.works.engine.begin() as connection:
        await connection.execute(text("update fulfillment.stock set reserved = reserved + 1"))
    found = await stock(client)
    assert found["differing"] == 1
    assert found["places"] == [{"sku": "A", "warehouse": "HZ", "reserved": 3, "owed": 2}]


async def test_an_order_without_stock_behind_it_is_named(
    client: httpx.AsyncClient, world: Any, allocated: Allocated
) -> None:
    await allocated(quantity=2)
    async with world.works.engine.begin() as connection:
        await connection.execute(text("delete from fulfillment.stock"))
    found = await stock(client)
    assert found["places"] == [{"sku": "A", "warehouse": "HZ", "reserved": 0, "owed": 2}]


async def test_only_readers_of_fulfillment_get_accounts(client: httpx.AsyncClient) -> None:
    for path in ("/v1/accounts", "/v1/accounts/stock"):
        for key, status in (("read", 200), ("nobody", 401)):
            answer = await client.get(path, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status
