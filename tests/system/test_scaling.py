"""Workers come and go under load: 2, then 8, then 2 again, and every order still ends once."""

import asyncio
import re
from collections.abc import Mapping

import httpx
import pytest

from common.messaging.consumer import PREFETCH_MESSAGES
from stack import Stack
from support.ordeal import ordeal

FEW = {"risk": 2, "fulfillment": 2}
MANY = {"risk": 8, "fulfillment": 8}
STOPPED = sum(MANY.values()) - sum(FEW.values())


def running(stack: Stack) -> Mapping[str, int]:
    names = list(stack.processes())
    return {s: sum(name.startswith(f"{s}-worker") for name in names) for s in FEW}


async def redelivered(stack: Stack) -> float:
    """Return how many messages the broker has handed out again since it started."""
    async with httpx.AsyncClient(timeout=30) as client:
        shown = (await client.get(stack.env()["RABBITMQ_METRICS_URL"])).text
    name = "rabbitmq_global_messages_redelivered_total"
    counters = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", shown, re.MULTILINE)
    assert counters, f"the broker shows no {name}"
    return sum(float(counter) for counter in counters)


async def _many_and_few_again(stack: Stack) -> None:
    await asyncio.to_thread(stack.scale_all, MANY)
    assert running(stack) == MANY
    await asyncio.to_thread(stack.scale_all, FEW)
    assert running(stack) == FEW


@pytest.mark.timeout(600)
async def test_from_two_workers_to_eight_and_back_nothing_is_lost_or_repeated(
    system: Stack,
) -> None:
    before = await redelivered(system)
    journal, wrong = await ordeal(system, _many_and_few_again, seconds=60, per_second=40)
    assert wrong == []
    assert len(journal.accepted) == 2400
    # A worker that goes gives back what it has no time to finish, and no more than it held.
    assert await redelivered(system) - before <= STOPPED * PREFETCH_MESSAGES
    assert not journal.refused, "intake does not notice"
