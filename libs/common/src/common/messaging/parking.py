"""The parking lot: look at events that could not be handled, and give them back.

Looking takes messages without acknowledging them; they return to the queue when the channel closes.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic

from common.messaging.connection import connected, deliver_to
from common.messaging.pack import Outgoing, read, single, split
from common.messaging.topology import ServiceQueues, declare_queues

LOOK_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Parked:
    event_id: str
    type: str
    reason: str
    parked_at: str
    delivery_tag: int
    body: bytes

    def again(self) -> Outgoing:
        return single(self.type, self.body, reason=self.reason, parked_at=self.parked_at)

    def line(self) -> str:
        return f"{self.parked_at}  {self.type:28}  {self.event_id}  {self.reason}"


async def listed(amqp_url: str, queues: ServiceQueues, *, limit: int = LOOK_MAX) -> list[Parked]:
    """Return what is parked, oldest first."""
    async with _looking(amqp_url, queues) as channel:
        return (await _look(channel, queues, limit))[:limit]


async def shown(amqp_url: str, queues: ServiceQueues, *, event_id: str) -> str | None:
    """Return the parked event's body, or None."""
    for parked in await listed(amqp_url, queues):
        if parked.event_id == event_id:
            return parked.body.decode(errors="replace")
    return None


async def replay(
    amqp_url: str, queues: ServiceQueues, *, event_ids: frozenset[str] | None = None
) -> int:
    """Give parked events back to the workers, with their ladder to climb anew; None means all.

    Published with confirm before it is acknowledged: a crash repeats an event, and loses none.
    """
    count = 0
    async with _looking(amqp_url, queues) as channel:
        found = await _look(channel, queues, LOOK_MAX)
        for tag, together in groupby(found, key=attrgetter("delivery_tag")):
            some = list(together)
            wanted = [e for e in some if event_ids is None or e.event_id in event_ids]
            if wanted:
                staying = [e.again() for e in some if e not in wanted]
                await deliver_to(channel, queues.parked.name, staying)
                again = [single(e.type, e.body) for e in wanted]
                await deliver_to(channel, queues.main.name, again)
                await channel.basic_ack(tag)
                count += len(wanted)
    return count


@asynccontextmanager
async def _looking(amqp_url: str, queues: ServiceQueues) -> AsyncGenerator[AbstractChannel]:
    async with connected(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await declare_queues(channel, (queues.parked,))
        yield channel


async def _look(channel: AbstractChannel, queues: ServiceQueues, limit: int) -> list[Parked]:
    found: list[Parked] = []
    while len(found) < limit:
        message = await channel.basic_get(queues.parked.name)
        if isinstance(message.delivery, Basic.GetEmpty):
            break
        found += _parked(message)
    return found


def _parked(message: DeliveredMessage) -> list[Parked]:
    """Tell the events of a message apart: the broker parks packs, as does who knows no type."""
    pack = read(message)
    headers = message.header.properties.headers or {}
    try:
        bodies = split(pack) or [pack.body]
    except (ValueError, RecursionError):
        bodies = [pack.body]
    return [
        Parked(
            event_id=_event_id(body),
            type=pack.type,
            reason=str(headers.get("x-reason") or _death(headers)),
            parked_at=str(headers.get("x-parked-at") or "-"),
            delivery_tag=pack.delivery_tag,
            body=body,
        )
        for body in bodies
    ]


def _event_id(body: bytes) -> str:
    try:
        return str(json.loads(body)[0]["event_id"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return "unreadable"


def _death(headers: Mapping[str, Any]) -> str:
    """Say why the broker itself put a message here."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else {}
    return f"dead-lettered by the broker: {first.get('reason', 'unknown')}"
