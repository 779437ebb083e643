"""Compares what a channel says it sold in an hour with what is here, and has the rest fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from common.clock import utc_now
from common.life_cycle import State
from ingest.domain.identity import Identity
from ingest.domain.pulling import Window, due_windows, next_try
from ingest.gateways.channel_api import ChannelApi, ChannelTrouble
from ingest.gateways.registry import Shop
from ingest.store import completeness, fetches, pulls
from ingest.store.completeness import Hour
from ingest.store.known_numbers import known
from ingest.store.pulls import Lease, Task
from ingest.use_cases.filing import Filing

TASK = "completeness"
FIRST_WINDOWS = 24
"""How many are checked of a shop that was never checked."""
LEASE_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Completeness:
    filing: Filing
    delay: timedelta
    """How long after its end an hour is checked: what is under way still arrives."""
    length: timedelta = timedelta(hours=1)

    async def check(self, shop: Shop, api: ChannelApi) -> int:
        """Check the hours that are due; return how many orders were found missing.

        Raises:
            ChannelTrouble: the channel stopped answering; what was checked until then is kept.
        """
        async with self.filing.works.begin() as work:
            task = Task(*shop, TASK)
            lease = await pulls.take(work.connection, task, work.now, seconds=LEASE_SECONDS)
        if lease is None:
            return 0
        missing = 0
        now = utc_now()
        first = lease.position or now - self.delay - FIRST_WINDOWS * self.length
        delay = max(self.delay, api.settled_after)
        pause, error = timedelta(0), None
        try:
            for window in due_windows(first, now, self.length, delay):
                missing += await self._check_window(shop, api, lease, window)
        except ChannelTrouble as trouble:
            pause, error = next_try(lease.failures + 1), str(trouble)[:200]
            raise
        finally:
            async with self.filing.works.begin() as work:
                await pulls.release(work.connection, lease, work.now + pause, error)
        return missing

    async def _check_window(self, shop: Shop, api: ChannelApi, lease: Lease, window: Window) -> int:
        sold = await self._sold(api, lease, window)
        async with self.filing.works.begin() as work:
            here = await known(work.connection, *shop, sold)
            named = [Identity(*shop, number) for number in sold - here.keys()]
            # One that an hour before misses already is counted there, and there alone.
            missing = await fetches.ask(work.connection, named, work.now, missed_in=window.since)
            hour = Hour(
                channel=shop.channel,
                shop=shop.shop,
                begins_at=window.since,
                ends_at=window.until,
                sold=len(sold),
                received=len(here),
                quarantined=sum(state is State.QUARANTINED for state in here.values()),
                missing=missing,
                late=0,
                checked_at=work.now,
            )
            await completeness.note(work.connection, hour)
            await pulls.advance(
                work.connection, lease, work.now, seconds=LEASE_SECONDS, position=window.until
            )
        if missing:
            log.warning(
                "completeness.missing",
                channel=shop.channel,
                shop=shop.shop,
                begins_at=window.since.isoformat(),
                sold=len(sold),
                missing=missing,
            )
        return missing

    async def _sold(self, api: ChannelApi, lease: Lease, window: Window) -> set[str]:
        """Return the numbers that the channel lists for this time, whatever its longest window."""
        sold: set[str] = set()
        since = window.since
        while since < window.until:
            until = min(since + api.window_max, window.until)
            sold |= await self._listed(api, lease, since, until)
            since = until
        return sold

    async def _listed(
        self, api: ChannelApi, lease: Lease, since: datetime, until: datetime
    ) -> set[str]:
        numbers: set[str] = set()
        page: str | None = None
        while True:
            async with self.filing.works.begin() as work:
                await pulls.advance(work.connection, lease, work.now, seconds=LEASE_SECONDS)
            found = await api.orders(since, until, page)
            # Lists count both ends in: what changed at the end is the next window's.
            numbers.update(
                one.number
                for one in found.orders
                if one.changed_at is None or one.changed_at < until
            )
            page = found.next
            if page is None:
                return numbers
