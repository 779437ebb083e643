"""`sluice verify` on the running system: clean after all that happened, and not fooled."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from common.clock import utc_now
from common.ids import new_id
from stack import Stack
from support.load import Journal, send_orders
from support.rulesets import approving_all, in_force
from support.waiting import until

CLEAN, EXCEPTIONS, CANNOT_TELL = 0, 1, 2


async def sluice(*arguments: str) -> tuple[int, str, str]:
    """Run the command as anybody would; return its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sluice", *arguments, stdout=-1, stderr=-1
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def verified(system: Stack, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Verify with no grace: what is still on its way counts as an exception."""
    env = ("--env", str(system.home.env))
    status, said, complained = await sluice("verify", *env, "--json", "--grace", "0", *arguments)
    assert status in (CLEAN, EXCEPTIONS), complained
    return status, json.loads(said)


@pytest.fixture(scope="module")
def began() -> str:
    return utc_now().isoformat()


@pytest.fixture(scope="module")
async def journal(system: Stack, began: str) -> Journal:
    """Orders that have gone their whole way; no rule stops any."""
    env = system.env()
    key = {"Authorization": f"Bearer {env['SLUICE_API_KEY']}"}
    async with httpx.AsyncClient(base_url=env["RISK_URL"], headers=key, timeout=30) as risk:
        await in_force(risk, approving_all(f"all go {new_id()}"))
    sent = await send_orders(
        env["INGEST_URL"],
        env["WEBHOOK_SECRET_SHOPIFY"],
        run=new_id().hex[-10:],
        seconds=3,
        per_second=40,
    )

    async def clean() -> bool:
        status, _ = await verified(system, "--since", began)
        return status == CLEAN

    await until(clean, seconds=240)
    return sent


@pytest.fixture
async def database(system: Stack) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(system.env()["DATABASE_URL"])
    yield connection
    await connection.close()


async def test_orders_that_went_their_way_are_counted_with_their_money(
    system: Stack, journal: Journal, began: str, database: Any
) -> None:
    status, found = await verified(system, "--since", began)
    assert (status, found["clean"], found["findings"]) == (CLEAN, True, [])
    rows = {(row["section"], row["stage"]): row for row in found["totals"]}
    minor = await database.fetchval(
        "select sum(payable_minor)::bigint from reconciliation.order_account"
        " where order_id = any($1::uuid[])",
        list(journal.accepted.values()),
    )
    for place in (("intake", "accepted"), ("reconciliation", "in the books")):
        assert rows[place]["orders"] == len(journal.accepted) == 120
        assert rows[place]["money_minor"] == {"CNY": minor}
    for place in (("risk", "approved"), ("fulfillment", "allocated")):
        assert rows[place]["orders"] == 120
        assert rows[place]["money_minor"] == {"CNY": minor}
    assert all(balance["holds"] for balance in found["balances"])


CORRUPTED = {
    "an amount in the books": (
        "reconciliation",
        "update reconciliation.order_account set payable_minor = payable_minor {} 1",
    ),
    "a step the books did not hear of": (
        "reconciliation",
        "update reconciliation.fulfilment set version = version - (0 {} 1)",
    ),
    "a claimed payment": (
        "reconciliation",
        "update reconciliation.transaction set amount_minor = amount_minor {} 1",
    ),
    "a payment that fulfillment counts": (
        "fulfillment",
        "update fulfillment.orders set paid_minor = paid_minor {} 1",
    ),
    "a decision that risk never made": (
        "fulfillment",
        "update fulfillment.orders set decision_no = decision_no {} 1",
    ),
}


@pytest.mark.parametrize(("stage", "change"), CORRUPTED.values(), ids=CORRUPTED.keys())
async def test_one_corrupted_row_is_named(
    system: Stack, journal: Journal, began: str, database: Any, stage: str, change: str
) -> None:
    order_id = journal.accepted[7]
    where = " where order_id = $1::uuid"
    await database.execute(change.format("+") + where, order_id)
    try:
        status, found = await verified(system, "--since", began)
    finally:
        await database.execute(change.format("-") + where, order_id)
    assert status == EXCEPTIONS
    assert {(f["order_id"], f["stage"]) for f in found["findings"]} == {(order_id, stage)}
    assert (await verified(system, "--since", began))[0] == CLEAN


async def test_stock_that_is_reserved_for_nobody_is_named(
    system: Stack, journal: Journal, began: str, database: Any
) -> None:
    assert journal.accepted
    place = await database.fetchrow(
        "select sku, warehouse from fulfillment.stock where reserved > 0 order by 1, 2 limit 1"
    )
    change = (
        "update fulfillment.stock set reserved = reserved {} 1 where (sku, warehouse) = ($1, $2)"
    )
    await database.execute(change.format("-"), *place)
    try:
        status, found = await verified(system, "--since", began)
    finally:
        await database.execute(change.format("+"), *place)
    assert status == EXCEPTIONS
    (finding,) = found["findings"]
    assert finding["stage"] == "stock"
    assert finding["text"].startswith(f"{place['sku']} at {place['warehouse']}: ")


async def test_it_cannot_tell_while_a_service_is_away(system: Stack, tmp_path: Path) -> None:
    env = dict(system.env()) | {"RISK_URL": "http://127.0.0.1:1"}
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    status, said, complained = await sluice("verify", "--env", str(file))
    assert (status, said) == (CANNOT_TELL, "")
    assert complained.splitlines()[-1].startswith("sluice: risk at http://127.0.0.1:1/")


async def test_a_recovery_is_begun_shown_and_ended_by_command(
    system: Stack, doors: Mapping[str, httpx.AsyncClient]
) -> None:
    env = ("--env", str(system.home.env))
    status, said, _ = await sluice("recover", "risk", *env, "--reason", "a test of the command")
    assert status == CLEAN
    assert "risk: recovery is on (newest-first, today first)" in said
    assert "a test of the command" in said
    view = (await doors["risk"].get("/v1/recovery")).json()
    assert (view["order"], view["reason"]) == ("newest-first", "a test of the command")
    status, said, _ = await sluice("recover", "risk", *env, "--stop", "--follow")
    assert status == CLEAN
    assert said.splitlines()[-1].startswith("risk: no recovery is on.")
