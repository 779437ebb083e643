"""Orders whose goods were handed over where they were sold: no stock, no task, no parcel."""

from typing import Any

import httpx

from common.ids import new_id
from fulfillment.store import tables

Client = httpx.AsyncClient
TILL = {"delivery": "in_store"}


async def test_a_paid_one_is_delivered_without_a_warehouse(client: Client, world: Any) -> None:
    await world.stock(HZ={"A": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), **TILL))
    assert await world.state(order_id) == "delivered"
    assert await world.levels() == {("HZ", "A"): (5, 0)}
    assert await world.count(tables.task) == 0
    assert await world.published() == []
    shown = (await client.get(f"/v1/orders/{order_id}")).json()
    assert (shown["in_store"], shown["task_code"], shown["warehouse"]) == (True, None, None)
    (account,) = (await client.get("/v1/accounts")).json()["items"]
    assert (account["in_store"], account["tasks"], account["reserved"]) == (True, 0, 0)
    await world.assert_sound()


async def test_an_unpaid_one_is_delivered_when_it_is_paid_and_not_cancelled_then(
    world: Any,
) -> None:
    await world.stock(HZ={"A": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), payments=(), **TILL))
    assert await world.state(order_id) == "awaiting_payment"
    await world.deliver(world.events.paid(order_id, "p1", 2000))
    await world.deliver(world.events.cancel(order_id), world.events.flagged(order_id))
    assert await world.state(order_id) == "delivered"
    assert (await world.order(order_id)).cancellation == "refused"
    assert await world.published() == ["hold.missed.v1"]
    await world.assert_sound()


async def test_those_of_one_batch_with_others_take_nothing_from_them(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    till, parcel = new_id(), new_id()
    await world.deliver(
        world.events.approved(till, ("A", 2), **TILL), world.events.approved(parcel, ("A", 2))
    )
    assert await world.states() == {till: "delivered", parcel: "allocated"}
    await world.assert_sound()
