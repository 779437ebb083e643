"""Statements imported: once, whole or not at all, and their money matched to orders."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from common.database.work import WorkFactory
from common.ids import new_id
from common.messaging.outcome import Outcome
from reconciliation.domain.matching import Link, Rule
from reconciliation.store import matches

Bring = Callable[..., Awaitable[httpx.Response]]
Deliver = Callable[..., Awaitable[Sequence[Outcome]]]
Found = Callable[..., Awaitable[list[dict[str, Any]]]]
Rows = Callable[[str], Awaitable[list[Mapping[str, Any]]]]
Tell = Callable[..., Awaitable[None]]

HEADER = "transaction_id,occurred_at,amount,currency,reference,payer"
LINE = "T1,2026-11-22T12:00:00+08:00,40.80,CNY,R1,张三"
FILE = f"{HEADER}\n{LINE}\n".encode()


async def test_a_statement_is_matched_and_tells_what_it_found(
    bring: Bring, tell: Tell, make: SimpleNamespace
) -> None:
    await tell(
        make.receive(4_080, make.claim("R1", 4_080)),
        make.receive(10_000, make.claim("R2", 10_000)),
        make.receive(500, make.claim("R3", 500)),
        make.receive(700, make.claim("R4", 700)),
    )
    response = await bring(
        "T1,40.80,R1", "T2,60,R2", "T3,40.00,R2", "T4,4.99,R3", "T5,8,R4", "T6,1,nobody",
        "T6,1,nobody", "T7,-2,",
    )  # fmt: skip
    assert response.status_code == 201
    view = response.json()
    assert (view["lines"], view["matched"]) == (8, 5)
    assert view["differences"] == {"short": 1, "over": 1, "unknown": 2, "repeated": 1}
    assert view["totals"] == [{"currency": "CNY", "in_minor": 15_579, "out_minor": 200}]


async def test_the_same_file_again_adds_nothing(bring: Bring, rows: Rows) -> None:
    first, again = await bring("T1,1,R1"), await bring("T1,1,R1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(await rows("statement_line")) == 1


async def test_the_same_file_at_once_four_times_is_one_statement(
    bring: Bring, rows: Rows, tell: Tell, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)))
    answers = await asyncio.gather(*(bring("T1,1,R1") for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
    assert len({a.json()["statement_id"] for a in answers}) == 1
    assert [len(await rows(t)) for t in ("statement", "statement_line", "match")] == [1, 1, 1]


async def test_a_transaction_told_in_two_files_counts_once(
    bring: Bring, found: Found, tell: Tell, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)))
    await bring("T1,1,R1")
    second = await bring("T1,1,R1", "T2,1,R9")
    assert second.json()["differences"] == {"short": 0, "over": 0, "unknown": 1, "repeated": 1}
    assert [d["kind"] for d in await found()] == ["unknown"]
    other_source = await bring("T1,1,R1", source="alipay")
    assert other_source.json()["differences"]["over"] == 1


async def test_order_payment_and_statement_in_every_order_end_matched(
    bring: Bring, tell: Tell, found: Found, rows: Rows, make: SimpleNamespace
) -> None:
    for number, sequence in enumerate(permutations(("order", "payment", "statement"))):
        order = make.receive(300, make.claim(f"A{number}", 100))
        payment = make.pay(order.order_id, make.claim(f"B{number}", 200))
        for step in sequence:
            if step == "statement":
                await bring(f"TA{number},1,A{number}", f"TB{number},2,B{number}")
            else:
                await tell(order if step == "order" else payment)
        assert await found(include_pending="true") == []
        assert len(await rows("match")) == 2 * (number + 1)


async def test_orders_and_statement_committed_at_once_always_meet(
    bring: Bring, deliver: Deliver, found: Found, make: SimpleNamespace
) -> None:
    orders = [make.receive(100, make.claim(f"R{n}", 100)) for n in range(40)]
    batches = [[make.message(o) for o in orders[n : n + 5]] for n in range(0, 40, 5)]
    await asyncio.gather(
        bring(*(f"T{n},1,R{n}" for n in range(40))), *(deliver(*batch) for batch in batches)
    )
    assert await found(include_pending="true") == []


async def test_two_late_claims_of_one_line_do_not_use_it_twice(
    bring: Bring, deliver: Deliver, rows: Rows, make: SimpleNamespace
) -> None:
    await bring("T1,1,R1")
    await asyncio.gather(
        *(deliver(make.message(make.receive(100, make.claim("R1", 100)))) for _ in range(6))
    )
    assert sum(m["amount_minor"] for m in await rows("match")) in {0, 100}


async def test_a_payment_for_two_orders_is_split_between_them(
    bring: Bring, tell: Tell, rows: Rows, found: Found, make: SimpleNamespace
) -> None:
    await tell(make.receive(100, make.claim("R1", 100)), make.receive(250, make.claim("R1", 250)))
    await bring("T1,3.00,R1")
    assert [d["kind"] for d in await found(kind="unknown")] == ["unknown"]
    await bring("T2,0.50,R1")
    assert sorted(m["amount_minor"] for m in await rows("match")) == [50, 100, 200]
    assert await found() == []


async def test_the_number_of_one_order_finds_it_and_that_of_two_does_not(
    bring: Bring, tell: Tell, found: Found, rows: Rows, make: SimpleNamespace
) -> None:
    await tell(
        make.receive(100, channel_order_no="M-1"),
        make.receive(100, channel_order_no="M-2", shop="one"),
        make.receive(100, channel_order_no="M-2", shop="two"),
    )
    await bring("T1,1,M-1", "T2,1,M-2")
    assert [m["rule"] for m in await rows("match")] == ["order_no"]
    assert [(d["kind"], d["reference"]) for d in await found()] == [("unknown", "M-2")]


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"", {"line 1: header"}),
        (b"a,b\n1,2\n", {"line 1: header"}),
        (FILE + b"T2,yesterday,x,cny,R,P\n", {"line 3: currency"}),
        (FILE + b"T2,yesterday,1,CNY,R,P\nT3,x\n", {"line 3: occurred_at", "line 4: line"}),
        (FILE + b"T2,2026-11-22T12:00:00,1.005,CNY,R,P\n", {"line 3: occurred_at"}),
        (FILE + b"T2,2026-11-22T12:00:00Z,1.005,CNY,R,P\n", {"line 3: amount"}),
        (FILE + b"T2,2026-11-22T12:00:00Z,1,CNY,\xff,P\n", {"line 3: line"}),
    ],
)
async def test_a_file_with_a_fault_is_refused_whole(
    api: httpx.AsyncClient, rows: Rows, content: bytes, fields: set[str]
) -> None:
    response = await api.post("/v1/statements?source=bank", content=content)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert {e["field"] for e in response.json()["errors"]} == fields
    assert await rows("statement") == []


async def test_a_file_can_be_uploaded_by_a_form(api: httpx.AsyncClient, rows: Rows) -> None:
    upload = {"file": ("november.csv", b"\xef\xbb\xbf" + FILE, "text/csv")}
    view = (await api.post("/v1/statements?source=bank", files=upload)).json()
    assert view["name"] == "november.csv"
    assert [line["payer_masked"] for line in await rows("statement_line")] == ["张***"]
    other = await api.post("/v1/statements?source=bank", files={"other": b"x"})
    assert other.status_code == 422


async def test_a_repeated_call_is_answered_as_the_first_was(api: httpx.AsyncClient) -> None:
    url, headers = "/v1/statements?source=bank", {"Idempotency-Key": "k1"}
    first = await api.post(url, content=FILE, headers=headers)
    again = await api.post(url, content=FILE, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    known = await api.post(url, content=FILE, headers={"Idempotency-Key": "k2"})
    assert known.status_code == 200
    other = await api.post(url, content=FILE + b"\n", headers=headers)
    assert other.status_code == 409


async def test_statements_and_their_lines_are_paged(api: httpx.AsyncClient, bring: Bring) -> None:
    first = (await bring("T1,1,R1", "T2,2,R2")).json()["statement_id"]
    second = (await bring("T3,3,R3")).json()["statement_id"]
    listed = await api.get("/v1/statements", params={"after": first})
    assert [s["statement_id"] for s in listed.json()["items"]] == [second]
    page = (await api.get(f"/v1/statements/{first}", params={"limit": 1})).json()
    assert [line["transaction_id"] for line in page["items"]] == ["T1"]
    after = page["items"][-1]["line_no"]
    page = (await api.get(f"/v1/statements/{first}", params={"after": after})).json()
    assert [line["transaction_id"] for line in page["items"]] == ["T2"]


@pytest.mark.parametrize("amount_minor", [1, -101])
async def test_no_line_can_be_linked_for_more_than_its_amount(
    bring: Bring, works: WorkFactory, rows: Rows, amount_minor: int
) -> None:
    await bring("T1,1,R1")
    (line,) = await rows("statement_line")
    link = Link(line["line_id"], new_id(), None, "CNY", 100, Rule.ORDER_NO)
    async with works.begin() as work:
        await matches.add(work.connection, [link], at=work.now, by="test")
    too_much = replace(link, order_id=new_id(), amount_minor=amount_minor)
    with pytest.raises(DBAPIError, match="used up"):
        async with works.begin() as work:
            await matches.add(work.connection, [too_much], at=work.now, by="test")
