"""What reconciliation tells those who audit all services: what every order owes and was paid."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx

from common.contracts.fulfillment import OrderAllocated, OrderCancelled
from common.ids import new_id

Tell = Callable[..., Awaitable[None]]


async def accounts(api: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await api.get("/v1/accounts", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def allocated(order_id: UUID, version: int) -> OrderAllocated:
    return OrderAllocated(order_id=order_id, version=version, warehouse="HZ", task_id=new_id())


async def test_an_order_is_told_with_all_that_was_claimed_for_it(
    api: httpx.AsyncClient, make: SimpleNamespace, tell: Tell
) -> None:
    order = make.receive(5_000, make.claim("p1", 2_000))
    await tell(order, make.pay(order.order_id, make.claim("p2", 3_000)))
    await tell(allocated(order.order_id, 2))
    (found,) = await accounts(api)
    assert found.pop("received_at") is not None
    assert found == {
        "order_id": str(order.order_id),
        "state": "allocated",
        "version": 2,
        "currency": "CNY",
        "amount_minor": 5_000,
        "paid_minor": 5_000,
    }


async def test_money_in_another_currency_is_no_payment_of_the_order(
    api: httpx.AsyncClient, make: SimpleNamespace, tell: Tell
) -> None:
    order = make.receive(5_000, make.claim("p1", 2_000))
    await tell(order, make.pay(order.order_id, make.claim("p2", 3_000), "USD"))
    (found,) = await accounts(api)
    assert found["paid_minor"] == 2_000


async def test_what_came_before_its_order_is_told_too(
    api: httpx.AsyncClient, make: SimpleNamespace, tell: Tell
) -> None:
    paid, shipped = new_id(), new_id()
    await tell(make.pay(paid, make.claim("p", 700)))
    await tell(OrderCancelled(order_id=shipped, version=1, reason="changed my mind"))
    first, second = await accounts(api)
    assert (first["order_id"], first["paid_minor"]) == (str(paid), 700)
    assert (second["order_id"], second["state"]) == (str(shipped), "cancelled")
    for found in (first, second):
        assert found["amount_minor"] is found["currency"] is found["received_at"] is None


async def test_accounts_come_in_pages_whatever_is_known_of_each_order(
    api: httpx.AsyncClient, make: SimpleNamespace, tell: Tell
) -> None:
    received = make.receive(100, make.claim("a", 60), make.claim("b", 40))
    ids = [received.order_id, new_id(), new_id(), new_id()]
    await tell(received, allocated(ids[0], 2), allocated(ids[1], 2))
    await tell(make.pay(ids[2], make.claim("c", 1)), allocated(ids[3], 2))
    found: list[str] = []
    for _ in ids:
        (one,) = await accounts(api, limit=1, **({"after": found[-1]} if found else {}))
        found.append(one["order_id"])
    assert found == sorted(map(str, ids))
    assert await accounts(api, after=found[-1]) == []
    assert [a["order_id"] for a in await accounts(api, order_id=found[:2])] == found[:2]


async def test_only_readers_of_reconciliation_get_accounts(api: httpx.AsyncClient) -> None:
    for key, status in (("a key for reading", 200), ("nobody", 401)):
        answer = await api.get("/v1/accounts", headers={"X-API-Key": key})
        assert answer.status_code == status
