"""Orders that we asked a channel for, into the same pipeline as those it sent."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from common.contracts.event import Cause
from common.database import faults
from common.database.work import Announced, Work, WorkFactory
from common.ids import new_id
from common.telemetry.metrics import Metrics
from ingest.domain.receipt import Status
from ingest.gateways.channel_api import ChannelApi
from ingest.gateways.registry import Shop
from ingest.use_cases.accept_orders import accept_orders
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.reading import orders_of
from ingest.use_cases.submission import Reply, Submission

TRIES_MAX = 3


@dataclass(frozen=True)
class Filing:
    works: WorkFactory
    mappings: ActiveMappings
    committed: Callable[[Sequence[Announced]], None]
    """Told what each transaction announced, after its commit; must not wait."""
    metrics: Metrics

    def submission(
        self, shop: Shop, api: ChannelApi, raw: bytes, delivery_id: str | None = None
    ) -> Submission:
        """Read an order as its channel's API gave it."""
        active = self.mappings.of(*shop)
        read = orders_of(
            active.mapping if active else None,
            raw,
            channel=shop.channel,
            shop=shop.shop,
            topic=api.topic,
        )
        return Submission(
            channel=shop.channel,
            shop=shop.shop,
            # What it was read as, so that a preview reads the same.
            topic=api.topic,
            body=raw,
            incoming=read.incoming,
            unreadable=read.unreadable,
            mapping_id=active.mapping_id if active else None,
            cause=Cause(correlation_id=new_id()),
            delivery_id=delivery_id,
        )

    async def take_in(
        self, submissions: Sequence[Submission], also: Callable[[Work], Awaitable[None]]
    ) -> list[Reply]:
        """Take the orders in, and do what else belongs to them in the same transaction."""
        for tries_left in reversed(range(TRIES_MAX)):
            try:
                async with self.works.begin() as work:
                    replies = [_given(one) for one in await accept_orders(submissions, work)]
                    await also(work)
            except Exception as error:
                if not (tries_left and faults.is_collision(error)):
                    raise
            else:
                self.committed(work.announced)
                self._count(submissions, replies)
                return replies
        raise AssertionError  # the last try returns or raises

    def _count(self, submissions: Sequence[Submission], replies: Sequence[Reply]) -> None:
        for submission, reply in zip(submissions, replies, strict=True):
            for order in reply.receipt.orders:
                status = Status.DUPLICATE if reply.replayed else order.status
                self.metrics.received(submission.channel, status)


def _given(reply: Reply | Exception) -> Reply:
    if isinstance(reply, Exception):
        raise reply
    return reply
