"""A test's own hand in the broker: put messages into queues, count them and take them out."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from pamqp.commands import Basic

from common.clock import utc_now
from common.contracts.event import Event, Message
from common.ids import new_id
from common.messaging.connection import connected, deliver_to
from common.messaging.pack import Outgoing, Pack, read
from common.messaging.topology import (
    EXCHANGE,
    UNROUTED,
    Queue,
    ServiceQueues,
    declare_exchange,
    declare_queues,
)


@dataclass(frozen=True)
class Broker:
    connection: AbstractConnection

    @asynccontextmanager
    async def channel(self) -> AsyncGenerator[AbstractChannel]:
        channel = await self.connection.channel()
        try:
            yield channel
        finally:
            await channel.close()

    async def set_up(self, queues: ServiceQueues) -> None:
        async with self.channel() as channel:
            await declare_exchange(channel)
            await declare_queues(channel, queues.all())
            await channel.queue_purge(UNROUTED)

    async def delete(self, queues: Sequence[Queue]) -> None:
        async with self.channel() as channel:
            for queue in queues:
                await channel.queue_delete(queue.name)

    async def delete_exchange(self) -> None:
        async with self.channel() as channel:
            await channel.exchange_delete(EXCHANGE)

    async def bind(self, queue: Queue) -> None:
        async with self.channel() as channel:
            await declare_exchange(channel)
            await declare_queues(channel, (queue,))

    async def put(self, queue: Queue, *messages: Outgoing) -> None:
        async with self.channel() as channel:
            await deliver_to(channel, queue.name, messages)

    async def count(self, queue: Queue | str) -> int:
        """Return how many messages are ready; those in the hands of a consumer do not count."""
        name = queue if isinstance(queue, str) else queue.name
        async with self.channel() as channel:
            return (await channel.queue_declare(name, passive=True)).message_count or 0

    async def take(self, queue: Queue | str) -> list[DeliveredMessage]:
        """Take everything that is ready out of the queue."""
        name = queue if isinstance(queue, str) else queue.name
        taken: list[DeliveredMessage] = []
        async with self.channel() as channel:
            while True:
                message = await channel.basic_get(name)
                if isinstance(message.delivery, Basic.GetEmpty):
                    return taken
                await channel.basic_ack(message.delivery_tag or 0)
                taken.append(message)

    async def take_packs(self, queue: Queue | str) -> list[Pack]:
        return [read(message) for message in await self.take(queue)]


@asynccontextmanager
async def open_broker(amqp_url: str) -> AsyncGenerator[Broker]:
    async with connected(amqp_url) as connection:
        yield Broker(connection)


def packed(*messages: Message[Any], **headers: Any) -> Outgoing:
    """Put messages of one type into one pack, as the relay does."""
    body = f"[{','.join(message.model_dump_json() for message in messages)}]".encode()
    return Outgoing(messages[0].type, body, {"x-events": len(messages), **headers})


def headers_of(message: DeliveredMessage) -> dict[str, Any]:
    return dict(message.header.properties.headers or {})


def message_of(event: Event, **fields: Any) -> Message[Any]:
    """Wrap the event as if another service had announced it just now."""
    values = {
        "event_id": new_id(),
        "type": event.routing_key(),
        "occurred_at": utc_now(),
        "correlation_id": new_id(),
        "data": event,
    }
    kind: Any = Message.__class_getitem__(type(event))
    message: Message[Any] = kind(**values | fields)
    return message
