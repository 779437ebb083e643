"""Watches a consumer from the broker's side: how much waits, and whether it gets less.

A consumer that is connected and makes no progress is the failure nobody sees; here it ends its
session, which rebuilds it.
"""

import asyncio
from dataclasses import dataclass

from aiormq.abc import AbstractChannel

from common.clock import monotonic_seconds
from common.messaging.topology import Queue, ServiceQueues
from common.telemetry.metrics import Metrics

MEASURE_SECONDS = 2.0
STUCK_SECONDS = 60.0
ANSWER_SECONDS_MAX = 10.0


@dataclass(slots=True)
class Progress:
    at: float
    """When a batch was last acknowledged, on the monotonic clock."""
    in_hand: int = 0
    events_per_message: float = 1.0
    """Of the last batch; the broker counts messages, people count events."""

    def advance(self, now: float) -> None:
        self.at = now
        self.in_hand = 0


async def watch(
    queues: ServiceQueues, channel: AbstractChannel, progress: Progress, metrics: Metrics
) -> None:
    """Publish the depth of each lane; raise when work waits and none is finished.

    The main lane's depth in events is exact as long as the waiting packs are as full as those just
    taken, which a queue's head cannot tell; the other lanes hold one event a message.
    """
    while True:
        waiting = await _messages(channel, queues.main)
        metrics.backlog("main", waiting * progress.events_per_message)
        metrics.backlog("retry", sum([await _messages(channel, rung) for rung in queues.ladder]))
        metrics.backlog("parked", await _messages(channel, queues.parked))
        idle = not waiting and not progress.in_hand
        if idle:
            progress.at = monotonic_seconds()
        if monotonic_seconds() - progress.at > STUCK_SECONDS:
            raise TimeoutError("The consumer is connected and makes no progress.")
        await asyncio.sleep(MEASURE_SECONDS)


async def _messages(channel: AbstractChannel, queue: Queue) -> int:
    # Not the client's own time limit: it may swallow a cancellation, and then this never ends.
    async with asyncio.timeout(ANSWER_SECONDS_MAX):
        answer = await channel.queue_declare(
            queue.name, passive=True, durable=True, arguments=dict(queue.arguments)
        )
    return answer.message_count or 0
