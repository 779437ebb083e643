"""What is taken away from a running stack: workers, the broker, and everything in its queues."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from aio_pika.exceptions import ChannelNotFoundEntity

from common.messaging.connection import connected
from common.messaging.topology import UNROUTED, ServiceQueues, control_queue
from stack import SERVICES, Stack

READY_SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Fault:
    what: str
    happen: Callable[[], Awaitable[None]]


def faults(stack: Stack, random: Random) -> Iterator[Fault]:
    """Return faults without end: every second one is a killed worker."""

    def killed_worker() -> Fault:
        name = random.choice([n for n in stack.processes() if "-worker-" in n])
        return Fault(f"{name} killed", lambda: _kill(stack, name))

    others = itertools.cycle(
        (
            Fault("all queues deleted", lambda: _wipe(stack, _delete)),
            Fault("broker killed", lambda: _kill_and_wait(stack, "rabbitmq")),
            Fault("all queues purged", lambda: _wipe(stack, _purge)),
        )
    )
    while True:
        yield killed_worker()
        yield next(others)


async def _kill(stack: Stack, name: str) -> None:
    await asyncio.to_thread(stack.kill, name)


async def _kill_and_wait(stack: Stack, name: str) -> None:
    await _kill(stack, name)
    await asyncio.to_thread(stack.wait_ready, READY_SECONDS_MAX, (name,))


def all_queues() -> Iterable[str]:
    for service in SERVICES:
        yield from (queue.name for queue in ServiceQueues(service.name).all())
        yield control_queue(service.name).name
    yield UNROUTED


async def _wipe(stack: Stack, how: Callable[[Any, str], Awaitable[None]]) -> None:
    async with connected(stack.env()["AMQP_URL"]) as connection:
        for queue in all_queues():
            with suppress(ChannelNotFoundEntity):  # not made anew yet
                await how(connection, queue)


async def _delete(connection: Any, queue: str) -> None:
    channel = await connection.channel()
    await channel.queue_delete(queue)
    await channel.close()


async def _purge(connection: Any, queue: str) -> None:
    channel = await connection.channel()
    await channel.queue_purge(queue)
    await channel.close()
