"""Exchanges and queues as values, declared idempotently by whoever needs them first.

Every queue is a quorum queue (a confirm then means: written and fsynced) and names its dead-letter
target and delivery limit, so that RabbitMQ 3.10 and 4.x behave alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiormq.abc import AbstractChannel
from pamqp.common import FieldValue

from common.contracts.readers import OUTSIDE

EXCHANGE = "sluice.events"
UNROUTED = "sluice.unrouted"
NOTICES = "sluice.notices"
NOTICES_MAX = 10_000
NOTICES_SECONDS = 7 * 24 * 3600

# The ladder: each rung is a queue of its own, since a queue's head alone can expire.
RETRY_SECONDS = (1, 5, 30, 120, 600)
# Far above what crashes can cause before the suspect table has found the poison; a backstop only.
DELIVERIES_MAX = 20
# Parked messages are looked at and put back any number of times; 4.x would otherwise drop the 21st.
PARKED_DELIVERIES_MAX = 1_000_000

Arguments = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    arguments: Arguments
    routing_keys: tuple[str, ...] = ()
    """What the queue takes from the exchange; nothing for those that are written to by name."""


@dataclass(frozen=True, slots=True)
class ServiceQueues:
    """The family of queues of one service."""

    service: str
    routing_keys: tuple[str, ...] = ()
    main: Queue = field(init=False)
    parked: Queue = field(init=False)
    ladder: tuple[Queue, ...] = field(init=False)

    def __post_init__(self) -> None:
        main, parked = f"{self.service}.events", f"{self.service}.parked"
        limits: dict[str, FieldValue] = {"x-delivery-limit": DELIVERIES_MAX}
        values = {
            "main": Queue(main, _quorum() | _dead_letters_to(parked) | limits, self.routing_keys),
            "parked": Queue(parked, _quorum() | {"x-delivery-limit": PARKED_DELIVERIES_MAX}),
            "ladder": tuple(
                Queue(
                    f"{self.service}.retry.{seconds}s",
                    _quorum() | _dead_letters_to(main) | {"x-message-ttl": seconds * 1000},
                )
                for seconds in RETRY_SECONDS
            ),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def all(self) -> Sequence[Queue]:
        return (self.parked, self.main, *self.ladder)


def control_queue(service: str) -> Queue:
    """Return the queue for messages between services about delivery itself: never a backlog.

    What is in it can be asked for again, so nothing is dead-lettered.
    """
    return Queue(f"{service}.control", _quorum() | {"x-delivery-limit": DELIVERIES_MAX})


def _quorum() -> dict[str, FieldValue]:
    return {"x-queue-type": "quorum"}


def _dead_letters_to(queue: str) -> dict[str, FieldValue]:
    """Dead-letter with the same guarantee as a publish; at-least-once needs reject-publish."""
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


async def declare_exchange(channel: AbstractChannel) -> None:
    """Declare the exchange, and the place where events no queue asks for become visible."""
    await channel.exchange_declare(UNROUTED, exchange_type="fanout", durable=True)
    unrouted = _quorum() | {"x-delivery-limit": PARKED_DELIVERIES_MAX}
    await channel.queue_declare(UNROUTED, durable=True, arguments=unrouted)
    await channel.queue_bind(UNROUTED, UNROUTED)
    await channel.exchange_declare(
        EXCHANGE, exchange_type="topic", durable=True, arguments={"alternate-exchange": UNROUTED}
    )
    await declare_queues(channel, [notices_queue()])


def notices_queue() -> Queue:
    """Return the queue for programs outside; while they are away it keeps the newest, a week."""
    limits: dict[str, FieldValue] = {
        "x-message-ttl": NOTICES_SECONDS * 1000,
        "x-max-length": NOTICES_MAX,
        "x-overflow": "drop-head",
    }
    keys = tuple(event.routing_key() for event in OUTSIDE)
    return Queue(NOTICES, _quorum() | limits, keys)


async def declare_queues(channel: AbstractChannel, queues: Iterable[Queue]) -> None:
    for queue in queues:
        await channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
        for key in queue.routing_keys:
            await channel.queue_bind(queue.name, EXCHANGE, routing_key=key)
