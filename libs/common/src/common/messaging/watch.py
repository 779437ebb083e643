"""Watches a consumer from the broker's side: how much waits, and whether it gets less.

A consumer that is connected and makes no progress is the failure nobody sees; here it ends its
session, which rebuilds it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from aiormq.abc import AbstractChannel

from common.clock import monotonic_seconds
from common.messaging.pack import Pack
from common.messaging.topology import Queue, ServiceQueues
from common.telemetry.metrics import Metrics

MEASURE_SECONDS = 2.0
STUCK_SECONDS = 60.0
ANSWER_SECONDS_MAX = 10.0
MESSAGES_KEPT = 0.999  # how much of its weight a message keeps with each that comes after it


@dataclass(slots=True)
class Progress:
    at: float
    """When a batch was last acknowledged, on the monotonic clock."""
    in_hand: int = 0
    measured: bool = False
    """Whether the broker was asked yet; before that the next two tell nothing."""
    waiting: float = 0.0
    """Events in the main queue, as last measured."""
    consumers: int = 1
    settled: int = 0
    """Events this consumer has brought to their end."""
    _taken: tuple[float, float] = (1.0, 1.0)
    """Messages and events taken, the older ones counting less and less."""

    @property
    def events_per_message(self) -> float:
        """Of the last thousand messages or so; the broker counts messages, people count events."""
        messages, events = self._taken
        return events / messages

    def take(self, batch: Iterable[Pack], delivered: Iterable[Pack]) -> int:
        """Note a batch, and what was delivered and not taken yet; return the events of both.

        A slow consumer takes few packs, and those of a quieter time; what it was sent tells more.
        """
        taken = [pack.events for pack in batch if pack.events]
        sizes = taken + [pack.events for pack in delivered if pack.events]
        kept = MESSAGES_KEPT ** len(sizes)
        self._taken = (self._taken[0] * kept + len(sizes), self._taken[1] * kept + sum(sizes))
        self.in_hand = sum(taken)
        return sum(sizes)

    def settle(self, events: int, now: float) -> None:
        self.at = now
        self.settled += events

    def advance(self, now: float) -> None:
        self.at = now
        self.in_hand = 0


async def watch(
    queues: ServiceQueues, channel: AbstractChannel, progress: Progress, metrics: Metrics
) -> None:
    """Publish the depth of each lane; raise when work waits and none is finished.

    The main lane's depth in events is exact as long as the waiting packs are as full as those taken
    lately, which a queue's head cannot tell; the other lanes hold one event a message.
    """
    while True:
        waiting, progress.consumers = await _depth(channel, queues.main)
        progress.waiting = waiting * progress.events_per_message
        progress.measured = True
        metrics.backlog("main", progress.waiting)
        rungs = [await _depth(channel, rung) for rung in queues.ladder]
        metrics.backlog("retry", sum(messages for messages, _ in rungs))
        metrics.backlog("parked", (await _depth(channel, queues.parked))[0])
        idle = not waiting and not progress.in_hand
        if idle:
            progress.at = monotonic_seconds()
            metrics.idle()
        if monotonic_seconds() - progress.at > STUCK_SECONDS:
            raise TimeoutError("The consumer is connected and makes no progress.")
        await asyncio.sleep(MEASURE_SECONDS)


async def _depth(channel: AbstractChannel, queue: Queue) -> tuple[int, int]:
    """Return how many messages wait, and how many consumers there are."""
    # Not the client's own time limit: it may swallow a cancellation, and then this never ends.
    async with asyncio.timeout(ANSWER_SECONDS_MAX):
        answer = await channel.queue_declare(
            queue.name, passive=True, durable=True, arguments=dict(queue.arguments)
        )
    return answer.message_count or 0, answer.consumer_count or 0
