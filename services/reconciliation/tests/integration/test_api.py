"""Who may call, what is answered about orders, and how bad calls are refused."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import httpx
import pytest

from common.contracts.fulfillment import OrderAllocated
from common.ids import new_id

UNKNOWN = "01970000-0000-7000-8000-000000000000"  # the same in every test process

Bring = Callable[..., Awaitable[httpx.Response]]
Tell = Callable[..., Awaitable[None]]

READS = (
    "/v1/statements",
    f"/v1/statements/{UNKNOWN}",
    "/v1/differences",
    "/v1/differences/summary",
    "/v1/orders",
    f"/v1/orders/{UNKNOWN}",
    "/v1/matches",
    "/v1/totals",
)


@pytest.mark.parametrize("path", READS)
async def test_nobody_reads_without_a_key(api: httpx.AsyncClient, path: str) -> None:
    response = await api.get(path, headers={"X-API-Key": "wrong"})
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


async def test_who_may_only_read_cannot_import(api: httpx.AsyncClient) -> None:
    headers = {"X-API-Key": "a key for reading"}
    assert (await api.get("/v1/totals", headers=headers)).status_code == 200
    response = await api.post("/v1/statements?source=bank", content=b"", headers=headers)
    assert response.status_code == 403


async def test_an_order_is_traced_to_the_lines_that_paid_it(
    api: httpx.AsyncClient, bring: Bring, tell: Tell, make: SimpleNamespace
) -> None:
    order = make.receive(100, make.claim("R1", 100))
    await tell(
        order,
        OrderAllocated(order_id=order.order_id, version=1, warehouse="HZ", task_id=new_id()),
    )
    await bring("T1,1,R1")
    trace = (await api.get(f"/v1/orders/{order.order_id}")).json()
    assert trace["order"]["payable_minor"] == 100
    assert trace["order"]["state"] == "allocated"
    assert [t["reference"] for t in trace["transactions"]] == ["R1"]
    assert [line["transaction_id"] for line in trace["statement_lines"]] == ["T1"]
    assert [(m["rule"], m["amount_minor"]) for m in trace["matches"]] == [("exact", 100)]
    assert trace["invoices"] == trace["differences"] == []
    assert trace["fulfilment"]["warehouse"] == "HZ"


async def test_orders_are_found_by_what_the_channel_calls_them_and_by_state(
    api: httpx.AsyncClient, tell: Tell, make: SimpleNamespace
) -> None:
    paid = make.receive(100, make.claim("R1", 100), channel_order_no="M-1")
    unpaid = make.receive(100, channel_order_no="M-1", shop="other")
    await tell(paid, unpaid)

    async def ids(**wanted: str) -> list[str]:
        items = (await api.get("/v1/orders", params=wanted)).json()["items"]
        return [item["order_id"] for item in items]

    assert await ids() == [str(paid.order_id), str(unpaid.order_id)]
    assert await ids(after=str(paid.order_id)) == [str(unpaid.order_id)]
    assert await ids(channel="mall", shop="other", channel_order_no="M-1") == [str(unpaid.order_id)]
    assert await ids(state="awaiting_payment") == [str(unpaid.order_id)]
    assert await ids(state="received") == [str(paid.order_id)]


async def test_matches_are_found_by_order_and_by_statement(
    api: httpx.AsyncClient, bring: Bring, tell: Tell, make: SimpleNamespace
) -> None:
    one, two = make.receive(100, make.claim("R1", 100)), make.receive(100, make.claim("R2", 100))
    await tell(one, two)
    statement = (await bring("T1,1,R1", "T2,0.5,R2")).json()["statement_id"]

    async def rules(**wanted: str) -> list[str]:
        items = (await api.get("/v1/matches", params=wanted)).json()["items"]
        return sorted(item["rule"] for item in items)

    assert await rules(order_id=str(two.order_id)) == ["reference"]
    assert await rules(statement_id=statement) == ["exact", "reference"]
    assert await rules(statement_id=str(new_id())) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/orders/{UNKNOWN}", 404),
        (f"/v1/statements/{UNKNOWN}", 404),
        ("/v1/nothing", 404),
        ("/v1/orders/1", 422),
        ("/v1/orders?state=lost", 422),
        ("/v1/orders?limit=201", 422),
        ("/v1/differences?kind=strange", 422),
        ("/v1/differences?after=1", 422),
        ("/v1/differences?after=1.2.3", 422),
        ("/v1/differences?min_minor=-1", 422),
    ],
)
async def test_a_bad_call_is_refused_as_a_problem(
    api: httpx.AsyncClient, path: str, status: int
) -> None:
    response = await api.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["", "source=", "source=A%20B", "source=" + "a" * 60])
async def test_a_statement_needs_the_name_of_its_source(api: httpx.AsyncClient, query: str) -> None:
    response = await api.post(f"/v1/statements?{query}", content=b"x")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "query.source"


async def test_a_body_over_the_limit_is_refused(api: httpx.AsyncClient) -> None:
    body = b"x" * (20 * 1024 * 1024 + 1)
    response = await api.post("/v1/statements?source=bank", content=body)
    assert response.status_code == 413
