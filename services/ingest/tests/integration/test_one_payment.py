"""A payment that is told by its number on one way in and without it on another counts once."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ingest_material.files import (
    TAOBAO,
    TAOBAO_ITEMS,
    WorkerProcess,
    csv_bytes,
    taken_in,
    worker_process,
)
from ingest_material.orders import taobao_order
from ingest_material.signed import json_body, routed
from ingest_material.world import World, a_payment, only

RECEIVED = "order.received.v1"
WITHOUT = {"transaction_id": ""}
PENDING = {"status": "pending", "date_paid_gmt": None, "date_paid": None}
TID = TAOBAO["订单编号"].strip('="')


@pytest.fixture(scope="module")
def environment(database_url: str) -> Mapping[str, str]:
    return {"DATABASE_URL": database_url}


@pytest.fixture
async def worker(environment: Mapping[str, str], tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    async with worker_process(tmp_path / "worker", environment) as worker:
        yield worker


async def updated(world: World, **changes: Any) -> Any:
    return await world.woocommerce(topic="order.updated", **changes)


async def numbered(world: World) -> list[Any]:
    """Return what the operation log says of numbers that came later."""
    shown = await world.client.get("/v1/operations", params={"action": "payment.numbered"})
    return [(one["before"], one["after"]) for one in shown.json()["items"]]


async def references(world: World, order_id: str) -> list[str]:
    """Return the payments that others were told of, by reference."""
    told = []
    for event in await world.events(order_id):
        data = event["data"]
        told += [one["reference"] for one in data.get("order", {}).get("payments", ())]
        told += [data["payment"]["reference"]] if "payment" in data else []
    return told


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (WITHOUT, {}, "wc_order_a1b2c3"),
        ({}, WITHOUT, "ch_123"),
    ],
    ids=["without it first", "by it first"],
)
@pytest.mark.parametrize("later", [False, True], ids=["with the order", "after the order"])
async def test_a_payment_is_announced_once(
    world: World, first: Any, second: Any, told: str, *, later: bool
) -> None:
    if later:
        only(await world.woocommerce(**PENDING), "accepted")
    order_id = only(await updated(world, **first), "updated" if later else "accepted")
    for changes in (second, first, second):
        only(await updated(world, **changes), "duplicate")
    assert await references(world, order_id) == [told]


async def test_the_number_is_found_in_the_operation_log_once(world: World) -> None:
    only(await world.woocommerce(**WITHOUT), "accepted")
    for _ in range(2):
        await updated(world)
    assert await numbered(world) == [({"reference": "wc_order_a1b2c3"}, {"reference": "ch_123"})]


async def test_another_number_is_another_payment(world: World) -> None:
    order_id = only(await world.woocommerce(**WITHOUT), "accepted")
    await updated(world)
    only(await updated(world, transaction_id="ch_124"), "updated")
    assert await references(world, order_id) == ["wc_order_a1b2c3", "ch_124"]


async def test_a_part_that_somebody_else_reported_is_another_payment(world: World) -> None:
    order_id = only(await world.woocommerce(**PENDING), "accepted")
    part = a_payment(reference="DEPOSIT", amount_minor=100)
    await world.client.post(f"/v1/orders/{order_id}/payments", json=part)
    only(await updated(world, **WITHOUT), "updated")
    assert await references(world, order_id) == ["DEPOSIT", "wc_order_a1b2c3"]


@pytest.mark.parametrize("changes", [[WITHOUT, {}], [{}, WITHOUT]], ids=["first", "last"])
async def test_an_order_in_quarantine_keeps_the_number(
    world: World, changes: list[dict[str, Any]]
) -> None:
    wrong = {"line_items": []}
    order_id = only(await world.woocommerce(**changes[0], **wrong), "quarantined")
    at = {"date_modified_gmt": "2025-11-22T01:40:00"}
    only(await updated(world, **changes[1], **at), "updated")
    assert await references(world, order_id) == ["ch_123"]


# -- Taobao's file and its pushes


async def push(world: World) -> Any:
    now = datetime.now(timezone(timedelta(hours=8)))
    trade = json_body(taobao_order(tid=int(TID), tid_str=TID))
    signed = routed(trade, "top", timestamp=f"{now:%Y-%m-%d %H:%M:%S}")
    return await world.client.post(
        "/v1/webhooks/taobao/s", content=signed.body, params=signed.query, headers=signed.headers
    )


async def read_file(world: World) -> None:
    given = {"fmt": "taobao", "channel": "taobao", "shop": "s"}
    await taken_in(world, csv_bytes([TAOBAO]), items=csv_bytes(TAOBAO_ITEMS), **given)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("ways", "told"),
    [((read_file, push), TID), ((push, read_file), "2025112222001")],
    ids=["file first", "push first"],
)
async def test_a_file_and_a_push_tell_one_payment(world: World, ways: Any, told: str) -> None:
    for way in (*ways, *ways):
        await way(world)
    (order,) = await world.orders()
    assert await references(world, str(order.order_id)) == [told]
    assert await world.announced() == [RECEIVED]
