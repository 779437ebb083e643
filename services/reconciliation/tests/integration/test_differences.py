"""Every kind of difference, and the figures that must add up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.contracts.fulfillment import OrderAllocated, OrderCancelled
from common.ids import new_id
from reconciliation.store import differences

Bring = Callable[..., Awaitable[httpx.Response]]
Found = Callable[..., Awaitable[list[dict[str, Any]]]]
Tell = Callable[..., Awaitable[None]]


def cancelled(order_id: UUID) -> OrderCancelled:
    return OrderCancelled(order_id=order_id, version=9, reason="asked")


def figures(difference: dict[str, Any]) -> tuple[Any, ...]:
    names = ("kind", "expected_minor", "received_minor", "difference_minor")
    return tuple(difference[name] for name in names)


async def test_less_money_than_claimed_is_short(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    order = make.receive(10_000, make.claim("R1", 10_000))
    await tell(order)
    await bring("T1,50.00,R1")
    (short,) = await found()
    assert figures(short) == ("short", 10_000, 5_000, -5_000)
    assert short["over_threshold"]
    assert short["order_id"] == str(order.order_id)
    assert (short["channel"], short["shop"], short["reference"]) == ("mall", "demo", "R1")
    assert short["explanation"] == (
        "100.00 CNY was expected and 50.00 CNY received: 50.00 CNY is missing."
    )
    await bring("T2,50.00,R1")
    assert await found() == []


async def test_more_money_than_claimed_is_over(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)))
    await bring("T1,50.99,R1")
    (over,) = await found()
    assert figures(over) == ("over", 100, 5_099, 4_999)
    assert not over["over_threshold"]


async def test_a_second_payment_of_a_paid_order_is_over(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    order = make.receive(100, make.claim("R1", 100))
    await tell(order, make.pay(order.order_id, make.claim("R2", 100)))
    await bring("T1,1,R1", "T2,1,R2")
    (over,) = await found()
    assert figures(over) == ("over", 100, 200, 100)


async def test_a_deposit_alone_is_no_difference(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 30)))
    await bring("T1,0.30,R1")
    assert await found() == []


async def test_money_of_a_cancelled_order_is_over_until_it_is_refunded(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    order = make.receive(100, make.claim("R1", 100))
    await tell(order)
    await bring("T1,1,R1")
    assert await found() == []
    await tell(cancelled(order.order_id))
    (over,) = await found()
    assert figures(over) == ("over", 0, 100, 100)
    assert "refund is due" in over["explanation"]
    await bring("T2,-1,R1")
    assert await found() == []


async def test_a_refund_of_an_order_that_stands_makes_it_short(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)))
    await bring("T1,1,R1", "T2,-0.40,R1")
    assert [figures(d) for d in await found()] == [("short", 100, 60, -40)]


async def test_a_payment_no_statement_shows_is_missing_once_statements_reach_it(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    order = make.receive(100, make.claim("R1", 100))
    gone = make.receive(100, make.claim("R2", 100))
    await tell(order, gone, cancelled(gone.order_id))
    assert await found() == []
    (pending,) = await found(include_pending="true")
    assert figures(pending) == ("pending", 100, 0, -100)
    await bring("T1,1,x,2026-11-22T01:31:09Z")
    assert await found(kind="missing") == []
    await bring("T2,1,x,2026-11-22T01:31:10Z")
    (missing,) = await found(kind="missing")
    assert figures(missing) == ("missing", 100, 0, -100)
    assert missing["order_id"] == str(order.order_id)


async def test_statements_of_the_payment_method_say_how_far_they_reach(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)))
    await bring("T1,1,x,2026-11-22T01:00:00Z", source="alipay")
    await bring("T1,1,x,2026-11-23T00:00:00Z", source="bank")
    assert await found(kind="missing") == []


async def test_one_instalment_of_two_is_missing_alone(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 40), make.claim("R2", 60)))
    await bring("T1,0.40,R1")
    assert [figures(d) for d in await found()] == [("missing", 60, 0, -60)]


async def test_money_under_the_order_number_counts_for_all_its_payments(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(
        make.receive(100, make.claim("R1", 40), make.claim("R2", 60), channel_order_no="M-1"),
        make.receive(100, channel_order_no="M-2"),
        make.receive(100, channel_order_no="M-3"),
    )
    await bring("T1,1,M-1", "T2,1,M-2", "T3,0.90,M-3")
    assert [figures(d) for d in await found()] == [("short", 100, 90, -10)]


async def test_a_reference_in_another_currency_is_unknown(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100), currency="USD"))
    response = await bring("T1,1,R1")
    (unknown,) = await found(kind="unknown")
    assert figures(unknown) == ("unknown", 0, 100, 100)
    assert unknown["statement_id"] == response.json()["statement_id"]
    assert (unknown["order_id"], unknown["line_no"], unknown["reference"]) == (None, 2, "R1")


@pytest.fixture
async def many(bring: Bring, tell: Tell, make: SimpleNamespace) -> None:
    """Three of each kind, each larger than the one before."""
    orders = [
        make.receive(10_000, make.claim(f"{kind}{n}", 10_000)) for kind in "SOM" for n in range(3)
    ]
    await tell(*orders)
    short = (f"TS{n},{99 - n},S{n}" for n in range(3))
    over = (f"TO{n},{101 + n},O{n}" for n in range(3))
    unknown = (f"TU{n},{1 + n},U{n}" for n in range(3))
    await bring(*short, *over, *unknown)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("payments_at_once", [1, 4, 4_000])
async def test_differences_are_listed_page_by_page(
    found: Found, monkeypatch: pytest.MonkeyPatch, payments_at_once: int
) -> None:
    whole = await found()
    monkeypatch.setattr(differences, "PAYMENTS_AT_ONCE", payments_at_once)
    paged: list[dict[str, Any]] = []
    while page := await found(limit=2, **({"after": paged[-1]["difference_id"]} if paged else {})):
        paged += page
    assert paged == whole == await found()
    assert len({d["difference_id"] for d in whole}) == 12
    assert sorted({d["kind"] for d in whole}) == ["missing", "over", "short", "unknown"]


@pytest.mark.usefixtures("many")
async def test_small_differences_can_be_left_out(found: Found) -> None:
    assert len(await found(kind="short", min_minor=200)) == 2
    assert len(await found(min_minor=10_000)) == 3


@pytest.mark.usefixtures("many")
async def test_the_summary_counts_and_adds_up_every_kind(api: httpx.AsyncClient) -> None:
    items = (await api.get("/v1/differences/summary")).json()["items"]
    told = {i["kind"]: (i["differences"], i["difference_minor"]) for i in items}
    assert told == {
        "short": (3, -600),
        "over": (3, 600),
        "missing": (3, -30_000),
        "unknown": (3, 600),
    }


@pytest.mark.usefixtures("many")
async def test_all_money_adds_up(
    api: httpx.AsyncClient, bring: Bring, tell: Tell, make: SimpleNamespace
) -> None:
    gone = make.receive(70)
    await tell(
        gone,
        cancelled(gone.order_id),
        OrderAllocated(order_id=new_id(), version=1, warehouse="HZ", task_id=new_id()),
        make.receive(80),
    )
    await bring("TS0,99,S0", "T9,-5,S0")
    totals = (await api.get("/v1/totals")).json()
    assert totals["states"] == {"received": 9, "cancelled": 1, "awaiting_payment": 1}
    assert totals["orders"] == 11
    (cny,) = totals["currencies"]
    assert cny == {
        "currency": "CNY",
        "orders": 11,
        "payable_minor": 90_150,
        "cancelled_payable_minor": 70,
        "claimed_minor": 90_000,
        "statement_minor": 60_600 + 9_900 - 500,
        "received_minor": 60_000 - 500,
        "unmatched_minor": 600,
        "repeated_minor": 9_900,
    }
    parts = ("received_minor", "unmatched_minor", "repeated_minor")
    assert cny["statement_minor"] == sum(cny[name] for name in parts)


async def test_a_payment_of_the_far_future_is_not_due(
    bring: Bring, tell: Tell, found: Found, make: SimpleNamespace
) -> None:
    order = make.receive(100)
    later = make.claim("R1", 100, paid_at=order.order.placed_at + timedelta(days=9))
    await tell(make.receive(100, later))
    await bring("T1,1,x")
    assert [d["kind"] for d in await found()] == ["unknown"]
