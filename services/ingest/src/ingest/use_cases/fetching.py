"""Fetches orders that were named and not carried; what cannot be fetched now is tried for ever."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from common.clock import utc_now
from common.database import faults
from common.database.work import Work
from ingest.domain.pulling import LAST_PAUSE, next_try
from ingest.gateways.channel_api import ChannelApi, ChannelTrouble, Throttled
from ingest.gateways.registry import Shop
from ingest.store import completeness, fetches
from ingest.store.fetches import Fetch
from ingest.use_cases.filing import Filing
from ingest.use_cases.pull_measures import PullMeasures

AT_ONCE = 50
TOGETHER = 4
"""Calls of one shop that are under way at the same time."""
LEASE = timedelta(minutes=10)
"""Longer than AT_ONCE calls take that all wait as long as they may."""
UNKNOWN = "unknown_to_channel"
NO_API = "no_api_configured"

log = structlog.get_logger()


@dataclass(frozen=True)
class Fetching:
    filing: Filing
    measures: PullMeasures

    async def some(self, shop: Shop, api: ChannelApi) -> int:
        """Fetch some of a shop's orders that are due; return how many were."""
        async with self.filing.works.begin() as work:
            taken = await fetches.take(work.connection, shop, work.now, limit=AT_ONCE, lease=LEASE)
        gate = asyncio.Semaphore(TOGETHER)
        answers = await asyncio.gather(*(_asked(api, one, gate) for one in taken))
        pairs = list(zip(taken, answers, strict=True))
        await self._file(shop, api, [(one, raw) for one, raw in pairs if isinstance(raw, bytes)])
        for one, answer in pairs:
            if not isinstance(answer, bytes):
                await self._put_off(one, answer)
        return len(taken)

    async def _file(
        self, shop: Shop, api: ChannelApi, given: Sequence[tuple[Fetch, bytes]]
    ) -> None:
        """Take in what was fetched: together, and one by one where that fails."""
        if not given:
            return
        try:
            await self._commit(shop, api, given)
        except Exception as error:
            if faults.is_away(error):
                raise
            if len(given) == 1:
                await self._put_off(given[0][0], ChannelTrouble(faults.describe(error)))
                return
            for one in given:
                await self._file(shop, api, [one])

    async def _commit(
        self, shop: Shop, api: ChannelApi, given: Sequence[tuple[Fetch, bytes]]
    ) -> None:
        submissions = [self.filing.submission(shop, api, raw) for _, raw in given]
        late = 0

        async def forget(work: Work) -> None:
            nonlocal late
            late = 0
            for fetch, _ in sorted(given, key=lambda one: one[0].order):  # as others lock them
                was_there = await fetches.done(work.connection, fetch)
                if was_there and fetch.missed_in is not None:
                    await completeness.came(work.connection, *shop, fetch.missed_in)
                    late += 1

        await self.filing.take_in(submissions, forget)
        self.measures.came_late(shop.channel, late)

    async def _put_off(self, fetch: Fetch, trouble: ChannelTrouble | None) -> None:
        pause = next_try(fetch.tries)
        if isinstance(trouble, Throttled) and trouble.after_seconds is not None:
            wanted = timedelta(seconds=min(trouble.after_seconds, LAST_PAUSE.total_seconds()))
            pause = max(pause, wanted)
        error = UNKNOWN if trouble is None else str(trouble)[:200]
        async with self.filing.works.begin() as work:
            await fetches.failed(work.connection, fetch.order, error, work.now + pause)
        self.measures.fetch_failed(fetch.order.channel)
        log.warning(
            "fetch.failed",
            channel=fetch.order.channel,
            shop=fetch.order.shop,
            channel_order_no=fetch.order.channel_order_no,
            error=error,
            tries=fetch.tries,
        )

    async def put_off_unreachable(self, shops: Collection[Shop]) -> None:
        """Say now and then that orders wait of shops that have no API; they are kept."""
        async with self.filing.works.begin() as work:
            count = await fetches.postpone_others(
                work.connection, shops, utc_now(), error=NO_API, pause=LAST_PAUSE
            )
        if count:
            log.error("fetch.no_api", orders=count)


async def _asked(
    api: ChannelApi, fetch: Fetch, gate: asyncio.Semaphore
) -> bytes | ChannelTrouble | None:
    async with gate:
        try:
            return await api.order(fetch.order.channel_order_no)
        except ChannelTrouble as trouble:
            return trouble
        except Exception as error:  # noqa: BLE001 - what one order does must not end the others
            return ChannelTrouble(faults.describe(error))
