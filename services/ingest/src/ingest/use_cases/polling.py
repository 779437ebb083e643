"""Reads a shop's list of changed orders from where it was left, page by page.

What a page brings is committed together with how far the list was read: nothing is passed over
when the process ends in between, and nothing is taken in twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from common.clock import utc_now
from common.database.work import Work
from ingest.domain.identity import Identity
from ingest.domain.pulling import Window, next_try, plain_windows, windows
from ingest.gateways.channel_api import ChannelApi, ChannelTrouble, Listed, Page, Refused
from ingest.gateways.registry import Shop
from ingest.store import fetches, pulls
from ingest.store.known_numbers import known
from ingest.store.pulls import Lease, Task
from ingest.use_cases.filing import Filing
from ingest.use_cases.submission import Submission

TASK = "poll"
FIRST = timedelta(hours=24)
"""How far back a shop is read that was never read."""
LEASE_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tally:
    """What a poll came to so far."""

    read_until: datetime | None = None
    pages: int = 0
    listed: int = 0
    new: int = 0
    to_fetch: int = 0

    def with_page(self, window: Window, *, listed: int, new: int, to_fetch: int) -> "Tally":
        return Tally(
            window.until,
            self.pages + 1,
            self.listed + listed,
            self.new + new,
            self.to_fetch + to_fetch,
        )


Progress = Callable[[Tally], None]


@dataclass(frozen=True)
class Polling:
    filing: Filing
    lease_seconds: float = LEASE_SECONDS

    async def poll(
        self,
        shop: Shop,
        api: ChannelApi,
        *,
        period: timedelta,
        even_if_not_due: bool = False,
        progress: Progress = lambda _: None,
    ) -> Tally | None:
        """Read what is new since the last time; None where it is not due or somebody else does.

        Raises:
            ChannelTrouble: the channel stopped answering; what was read until then is kept.
        """
        task = Task(*shop, TASK)
        async with self.filing.works.begin() as work:
            lease = await pulls.take(
                work.connection,
                task,
                work.now,
                seconds=self.lease_seconds,
                even_if_not_due=even_if_not_due,
            )
        if lease is None:
            return None
        try:
            tally = await self._read_on(shop, api, lease, progress)
        except ChannelTrouble as trouble:
            pause = next_try(lease.failures + 1)
            await self._release(lease, pause, str(trouble)[:200])
            raise
        await self._release(lease, period, None)
        return tally

    async def read_span(
        self,
        shop: Shop,
        api: ChannelApi,
        since: datetime,
        until: datetime,
        *,
        progress: Progress = lambda _: None,
    ) -> Tally:
        """Read a span that somebody asked for; how far the shop was read stays as it is.

        Raises:
            ChannelTrouble: as `poll` does.
        """
        tally = Tally()
        for window in plain_windows(since, until, api.window_max):
            tally = await self._window(_Reading(shop, api, None, progress), window, None, tally)
        return tally

    async def _release(self, lease: Lease, pause: timedelta, error: str | None) -> None:
        async with self.filing.works.begin() as work:
            await pulls.release(work.connection, lease, work.now + pause, error)

    async def _read_on(
        self, shop: Shop, api: ChannelApi, lease: Lease, progress: Progress
    ) -> Tally:
        reading = _Reading(shop, api, lease, progress)
        tally, page = Tally(), lease.page
        for window in _to_read(lease, utc_now() - api.settled_after, api.window_max):
            tally = await self._window(reading, window, page, tally)
            page = None
        return tally

    async def _window(
        self, reading: "_Reading", window: Window, page: str | None, tally: Tally
    ) -> Tally:
        """Read a window from this page on; a page the channel forgot begins the window anew."""
        resumed = page is not None
        while True:
            await self._keep(reading)
            try:
                found = await reading.api.orders(window.since, window.until, page)
            except Refused:
                if not resumed:
                    raise
                page, resumed = None, False
                continue
            resumed = False
            tally = await self._take_in(reading, window, found, tally)
            reading.progress(tally)
            if found.next is None:
                return tally
            page = found.next

    async def _keep(self, reading: "_Reading") -> None:
        """Keep the lease over the next call, however long the channel makes it."""
        if reading.lease is not None:
            async with self.filing.works.begin() as work:
                await pulls.advance(
                    work.connection, reading.lease, work.now, seconds=self.lease_seconds
                )

    async def _take_in(
        self, reading: "_Reading", window: Window, page: Page, tally: Tally
    ) -> Tally:
        """Commit what a page has, and with it how far the list was read."""
        shop = reading.shop
        wanted = await self._wanted(shop, window, page.orders)
        submissions = [
            self._submission(reading, one, one.raw) for one in wanted if one.raw is not None
        ]
        named = [Identity(*shop, one.number) for one in wanted if one.raw is None]

        async def move(work: Work) -> None:
            await fetches.ask(work.connection, named, work.now)
            if reading.lease is not None:
                await pulls.advance(
                    work.connection,
                    reading.lease,
                    work.now,
                    seconds=self.lease_seconds,
                    **_moved(window, page),
                )

        replies = await self.filing.take_in(submissions, move)
        new = sum(not reply.replayed for reply in replies)
        counts = {"listed": len(page.orders), "new": new, "to_fetch": len(named)}
        return tally.with_page(window, **counts)

    async def _wanted(
        self, shop: Shop, window: Window, orders: Sequence[Listed]
    ) -> Sequence[Listed]:
        """Return those to take in: all that changed, and of what was read before the missing."""
        if not window.again or not orders:
            return orders
        async with self.filing.works.begin() as work:
            here = await known(work.connection, *shop, [one.number for one in orders])
        return [one for one in orders if one.number not in here]

    def _submission(self, reading: "_Reading", listed: Listed, raw: bytes) -> Submission:
        changed_at = listed.changed_at
        # The same change, read twice, is the same delivery.
        delivery = f"pull:{listed.number}:{changed_at.isoformat()}" if changed_at else None
        return self.filing.submission(reading.shop, reading.api, raw, delivery)


@dataclass(frozen=True)
class _Reading:
    shop: Shop
    api: ChannelApi
    lease: Lease | None
    progress: Progress


def _to_read(lease: Lease, end: datetime, longest: timedelta) -> Iterator[Window]:
    """Return the windows to read: first the one that was begun, if one was."""
    position = end - FIRST if lease.position is None else lease.position
    if lease.until is not None and position < lease.until:
        begun = Window(position, lease.until)
        yield begun
        yield from plain_windows(begun.until, end, longest)
        return
    yield from windows(position, end, longest)


def _moved(window: Window, page: Page) -> dict[str, datetime | str | None]:
    """Return what is to be remembered after a page: nothing of a window that was read before."""
    if window.again:
        return {}
    if page.next is None:
        return {"position": window.until, "until": None, "page": None}
    return {"position": window.since, "until": window.until, "page": page.next}
