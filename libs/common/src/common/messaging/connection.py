"""One AMQP connection, and what a publisher does with it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection

from common.errors import Unavailable
from common.messaging.pack import Outgoing

CONNECT_SECONDS_MAX = 10
SET_UP_SECONDS_MAX = 30
PUBLISH_SECONDS_MAX = 10
CLOSE_SECONDS_MAX = 3


@asynccontextmanager
async def connected(amqp_url: str) -> AsyncGenerator[AbstractConnection]:
    """Open a connection and close it; never one that reconnects by itself."""
    async with asyncio.timeout(CONNECT_SECONDS_MAX):
        connection = await aiormq.connect(amqp_url)
    try:
        yield connection
    finally:
        with suppress(Exception):  # it may be gone already, and is not needed any more
            async with asyncio.timeout(CLOSE_SECONDS_MAX):
                await connection.close()


async def publish(
    channel: AbstractChannel,
    messages: Sequence[Outgoing],
    *,
    exchange: str,
    routing_key: str | None,
) -> list[bool]:
    """Publish with many in flight; return for each whether the broker confirmed it.

    Without a routing key each message goes by its type. A message that no queue takes goes to the
    alternate exchange; without that it comes back and counts as not confirmed, like one that the
    broker refuses or does not answer in time.
    """

    async def send(message: Outgoing) -> None:
        await channel.basic_publish(  # type: ignore[call-arg] # the abstract class lacks wait
            message.body,
            exchange=exchange,
            routing_key=message.type if routing_key is None else routing_key,
            properties=message.properties(),
            mandatory=True,
            timeout=PUBLISH_SECONDS_MAX,
            wait=False,
        )

    outcomes = await asyncio.gather(*map(send, messages), return_exceptions=True)
    return [outcome is None for outcome in outcomes]


async def deliver_to(channel: AbstractChannel, queue: str, messages: Sequence[Outgoing]) -> None:
    """Publish straight to a queue; all are confirmed, or it raises.

    Raises:
        Unavailable: at least one was not confirmed.
    """
    if not all(await publish(channel, messages, exchange="", routing_key=queue)):
        raise Unavailable(f"The broker did not confirm a publish to {queue}.")
