"""Notices that a channel ceased to call us, and has it call again.

Shopify deletes a webhook after eight failed deliveries, WooCommerce disables one after five.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ingest.domain.pulling import next_try
from ingest.gateways.channel_api import ChannelTrouble, Subscribed
from ingest.gateways.registry import Shop
from ingest.store import pulls
from ingest.store.pulls import Task
from ingest.use_cases.filing import Filing
from ingest.use_cases.pull_measures import PullMeasures

TASK = "webhooks"
PERIOD = timedelta(minutes=15)
LEASE_SECONDS = 300.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel is to call us, and what it is to sign with."""

    url: str
    secret: str


@dataclass(frozen=True)
class Subscribing:
    filing: Filing
    measures: PullMeasures
    address_of: Callable[[Shop], Address | None]

    async def look_after(self, shop: Shop, api: Subscribed) -> None:
        """See that the channel calls us, if it is time to look.

        Raises:
            ChannelTrouble: it does not say.
        """
        address = self.address_of(shop)
        if address is None:
            return
        async with self.filing.works.begin() as work:
            task = Task(*shop, TASK)
            lease = await pulls.take(work.connection, task, work.now, seconds=LEASE_SECONDS)
        if lease is None:
            return
        pause, error = PERIOD, None
        try:
            topics = await api.resubscribe(address.url, address.secret)
        except ChannelTrouble as trouble:
            pause, error = next_try(lease.failures + 1), str(trouble)[:200]
            raise
        finally:
            async with self.filing.works.begin() as work:
                await pulls.release(work.connection, lease, work.now + pause, error)
        if topics:
            self.measures.subscribed_again(shop.channel, len(topics))
            log.warning(
                "webhooks.registered_again", channel=shop.channel, shop=shop.shop, topics=topics
            )
