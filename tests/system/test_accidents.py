"""Every order that got a 2xx ends in exactly one final state, whatever is killed meanwhile."""

import asyncio

import pytest

from stack import Stack
from support.ordeal import (
    Fault,
    deliver_again,
    freeze_and_kill_the_broker,
    kill,
    ordeal,
)

WORKERS = ("risk-worker-1", "fulfillment-worker-1", "reconciliation-worker-1")


async def _intake(stack: Stack) -> None:
    await kill(stack, "ingest-api", "ingest-worker-1")


async def _workers_twice(stack: Stack) -> None:
    for _ in range(2):
        await kill(stack, *WORKERS)
        await asyncio.to_thread(stack.wait_ready, 60, WORKERS)


async def _everything_twice(stack: Stack) -> None:
    await deliver_again(stack)


async def _broker(stack: Stack) -> None:
    await freeze_and_kill_the_broker(stack)


async def _database(stack: Stack) -> None:
    await kill(stack, "postgres")


async def _everything(stack: Stack) -> None:
    names = [name for name in stack.processes() if name != "epmd"]
    await kill(stack, *names)


FAULTS = {
    "intake": _intake,
    "workers, twice": _workers_twice,
    "nothing, but every event comes twice": _everything_twice,
    "broker, frozen and then killed": _broker,
    "database": _database,
    "everything at once": _everything,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_no_order_is_lost_or_done_twice_when_it_is_killed(
    system: Stack, fault: Fault
) -> None:
    journal, wrong = await ordeal(system, fault)
    assert wrong == []
    assert len(journal.accepted) == 360
    if fault is _broker:
        assert not journal.refused, "intake does not need the broker"
