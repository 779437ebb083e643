"""A channel that never gives up: sends orders at a steady rate, and again until it gets a 2xx.

It keeps a journal outside the system: what was accepted, and with which order id.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import httpx

from common.clock import monotonic_seconds
from loadtest.orders import signed

# Longer than any answer takes: how busy this client's machine is, is not the question.
REQUEST_SECONDS_MAX = 30.0
GIVE_UP_SECONDS = 90.0


@dataclass
class Journal:
    run: str
    accepted: dict[int, str] = field(default_factory=dict)
    """Order id by number, for every order that got a 2xx."""
    contradictions: list[str] = field(default_factory=list)
    """Answers that do not agree with earlier ones about the same order."""
    refused: Counter[str] = field(default_factory=Counter)
    """How often which answer, or none, made the channel send an order again."""

    def note(self, number: int, order_id: str) -> None:
        before = self.accepted.setdefault(number, order_id)
        if before != order_id:
            self.contradictions.append(f"order {number}: {before}, then {order_id}")


async def send_orders(
    url: str, secret: str, *, run: str, seconds: float, per_second: float
) -> Journal:
    """Send on schedule, whatever the answers: a stalled system does not slow the load down."""
    journal = Journal(run)
    random = Random(run)
    began = monotonic_seconds()
    limits = httpx.Limits(max_connections=200)
    async with (
        httpx.AsyncClient(base_url=url, timeout=REQUEST_SECONDS_MAX, limits=limits) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, began + number / per_second - monotonic_seconds()))
            headers, body = signed(number, random, secret=secret, run=run)
            tasks.create_task(_insist(client, journal, number, (headers, body)))
    return journal


async def _insist(
    client: httpx.AsyncClient, journal: Journal, number: int, request: tuple[dict[str, str], bytes]
) -> None:
    """Send until there is a 2xx; one order in fifty is sent once more after that."""
    headers, body = request
    deadline = monotonic_seconds() + GIVE_UP_SECONDS
    times = 2 if number % 50 == 0 else 1
    while times:
        try:
            answer = await client.post("/v1/webhooks/shopify/demo", headers=headers, content=body)
        except httpx.TransportError as error:
            said = type(error).__name__
        else:
            if answer.is_success:
                journal.note(number, answer.json()["orders"][0]["order_id"])
                times -= 1
                continue
            said = str(answer.status_code)
        if monotonic_seconds() > deadline:
            raise TimeoutError(f"Order {number} was not accepted in {GIVE_UP_SECONDS} s.")
        journal.refused[said] += 1
        await asyncio.sleep(0.2)
