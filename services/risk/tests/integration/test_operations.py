"""Releases, breakers set by people and reviews are in the operation log; rule sets come back."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from common.contracts.order import Order
from common.database.exporting import Span, check, exported, put_back, rows_of
from common.database.work import WorkFactory
from common.ids import first_id_at
from risk.store.feature_tables import feature_snapshot
from risk.store.keeping import KINDS
from support.operations import operations_in
from support.rulesets import active, published, roll_back, step

Deliver = Callable[..., Awaitable[Any]]
NAMES = {kind.name: kind for kind in KINDS}


async def test_each_step_of_a_release_is_recorded(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    stable = await active(client)
    known = len(await operations_in(works.engine, works.tables))
    wanted = await published(client, "careful")
    assert (await step(client, wanted, "promote", force=True)).is_success
    assert (await step(client, wanted, "abort")).is_success
    assert (await step(client, wanted, "activate", force=True)).is_success
    assert (await roll_back(client)).is_success
    made = (await operations_in(works.engine, works.tables))[known:]
    assert [(each.action, each.subject_id) for each in made] == [
        ("ruleset.published", wanted),
        ("ruleset.promoted", wanted),
        ("ruleset.aborted", wanted),
        ("ruleset.activated", wanted),
        ("ruleset.rolled_back", stable),
    ]
    _, promoted, aborted, activated, _ = made
    assert promoted.before == aborted.after
    assert (promoted.after["candidate"], promoted.after["stage"]) == (wanted, "shadow")
    assert (activated.before["stable"], activated.after["stable"]) == (stable, wanted)
    assert all(each.reason and each.actor for each in made)


async def test_a_breaker_set_by_a_person_is_recorded(
    client: httpx.AsyncClient, works: WorkFactory
) -> None:
    known = len(await operations_in(works.engine, works.tables))
    for state in ("open", "auto"):
        said = {"state": state, "reason": "the score service is ill"}
        headers = {"Authorization": "Bearer releaser"}
        await client.post("/v1/breakers/score", json=said, headers=headers)
    forced, let_be = (await operations_in(works.engine, works.tables))[known:]
    assert (forced.action, forced.before, forced.after) == (
        "breaker.forced",
        {"state": "auto"},
        {"state": "open"},
    )
    assert (let_be.action, let_be.before) == ("breaker.let_be", {"state": "open"})


async def test_a_review_is_recorded_once(
    client: httpx.AsyncClient,
    works: WorkFactory,
    deliver: Deliver,
    receipt: Callable[..., Any],
    dear: Order,
) -> None:
    message = receipt(dear)
    await deliver(message)
    known = len(await operations_in(works.engine, works.tables))
    for _ in range(2):
        await client.post(
            f"/v1/reviews/{message.data.order_id}",
            json={"decision": "approve", "reason": "called"},
            headers={"Authorization": "Bearer reviewer"},
        )
    (decided,) = (await operations_in(works.engine, works.tables))[known:]
    assert (decided.action, decided.order_id) == ("review.decided", message.data.order_id)
    assert (decided.before, decided.reason) == ({"outcome": "held"}, "called")
    assert decided.after == {"outcome": "approved", "decision_no": 2}


async def test_decisions_and_rule_sets_that_were_lost_come_back(
    works: WorkFactory,
    database: AsyncEngine,
    deliver: Deliver,
    receipt: Callable[..., Any],
    order: Order,
    client: httpx.AsyncClient,
) -> None:
    await published(client, "careful")
    message = receipt(order)
    await deliver(message)
    span = Span(message.occurred_at.replace(year=2020), message.occurred_at.replace(year=2099))
    assert first_id_at(span.since) < message.data.order_id
    for name, lost in (("decisions", feature_snapshot), ("rulesets", None)):
        kind = NAMES[name]
        async with database.connect() as connection:
            lines = [line async for line in exported(connection, "risk", kind, span)]
        missing = [line for line in lines if lost is not None and f'"table": "{lost.name}"' in line]
        assert check(lines, "risk", kind) > len(missing)
        async with database.begin() as connection:
            if lost is not None:
                assert missing
                await connection.execute(delete(lost))
        back = 0
        async with works.begin() as work:
            for table, rows in rows_of(lines, kind):
                back += await put_back(work.connection, table, rows)
        assert back == len(missing)
        async with database.connect() as connection:
            assert [line async for line in exported(connection, "risk", kind, span)] == lines
