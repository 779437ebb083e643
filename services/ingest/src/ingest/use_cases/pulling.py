"""The ingest worker's asking of channels: one small loop for each task of each shop.

A shop whose channel does not answer holds nobody up but itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from common.database.work import Announced
from common.service import Runtime
from common.telemetry.measuring import keep_measured
from ingest.gateways.channel_api import ChannelApi, ChannelTrouble, Subscribed
from ingest.gateways.registry import Shop
from ingest.store import completeness, fetches, pulls
from ingest.store.pulls import LeaseLost
from ingest.use_cases.active_mappings import FOLLOW_SECONDS, ActiveMappings
from ingest.use_cases.completeness import Completeness
from ingest.use_cases.fetching import AT_ONCE, Fetching
from ingest.use_cases.filing import Filing
from ingest.use_cases.polling import Polling
from ingest.use_cases.pull_measures import PullMeasures
from ingest.use_cases.pull_plan import Plan
from ingest.use_cases.subscribing import Subscribing

FETCH_PAUSE_SECONDS = 1.0
LOOK_PAUSE_SECONDS = 10.0
TASKS = ("poll", "completeness", "webhooks")

log = structlog.get_logger()
Do = Callable[[], Awaitable[bool]]
"""Does some of it; returns whether there is more at once."""


@dataclass(frozen=True)
class Pulling:
    fetching: Fetching
    polling: Polling
    completeness: Completeness
    subscribing: Subscribing
    measures: PullMeasures
    plan: Plan

    def loops(self) -> list[tuple[str, Shop, float, Do]]:
        """Return what is done for each shop, and how long each rests."""
        look = min(LOOK_PAUSE_SECONDS, self.plan.length.total_seconds() / 4)
        found: list[tuple[str, Shop, float, Do]] = []
        for shop, api in self.plan.apis.by_shop.items():
            self.measures.begin(shop.channel)
            found.append(("fetch", shop, FETCH_PAUSE_SECONDS, self._fetch(shop, api)))
            found.append(("completeness", shop, look, self._check(shop, api)))
            if self.plan.poll_period is not None:
                pause = min(LOOK_PAUSE_SECONDS, self.plan.poll_period.total_seconds())
                found.append(("poll", shop, pause, self._poll(shop, api, self.plan.poll_period)))
            if isinstance(api, Subscribed):
                found.append(("webhooks", shop, LOOK_PAUSE_SECONDS, self._subscribe(shop, api)))
        return found

    def _fetch(self, shop: Shop, api: ChannelApi) -> Do:
        async def fetch() -> bool:
            return await self.fetching.some(shop, api) == AT_ONCE

        return fetch

    def _poll(self, shop: Shop, api: ChannelApi, period: timedelta) -> Do:
        async def poll() -> bool:
            await self.polling.poll(shop, api, period=period)
            return False

        return poll

    def _check(self, shop: Shop, api: ChannelApi) -> Do:
        async def check() -> bool:
            await self.completeness.check(shop, api)
            return False

        return check

    def _subscribe(self, shop: Shop, api: Subscribed) -> Do:
        async def subscribe() -> bool:
            await self.subscribing.look_after(shop, api)
            return False

        return subscribe

    async def measure(self) -> None:
        """Look up what waits and what is missing."""
        async with self.fetching.filing.works.begin() as work:
            waiting = await fetches.waiting(work.connection, list(self.plan.apis.by_shop))
            missing = await completeness.missing(work.connection)
            failing = {
                (t.channel, t.shop, t.name): n for t, n in await pulls.failing(work.connection)
            }
        self.measures.waiting(*waiting)
        for channel in {shop.channel for shop in self.plan.apis.by_shop}:
            self.measures.missing(channel, missing.get(channel, 0))
            for task in TASKS:
                times = [n for (c, _, t), n in failing.items() if (c, t) == (channel, task)]
                self.measures.failing(channel, task, max(times, default=0))


def filing_of(
    runtime: Runtime,
    mappings: ActiveMappings,
    committed: Callable[[Sequence[Announced]], None],
) -> Filing:
    return Filing(runtime.works, mappings, committed, runtime.metrics)


async def keep_pulling(runtime: Runtime, plan: Plan) -> None:
    """Fetch, poll, compare and look after webhooks, until cancelled."""
    mappings = ActiveMappings(runtime.engine)
    pulling = _pulling(filing_of(runtime, mappings, runtime.relay.offer), plan)

    async def unreachable() -> bool:
        await pulling.fetching.put_off_unreachable(list(plan.apis.by_shop))
        return False

    try:
        # Nothing is read by another mapping than the one in force.
        await _until_known(mappings, runtime)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(mappings.follow())
            tasks.create_task(keep_measured(pulling.measure, what="pulling"))
            tasks.create_task(_keep("unreachable", None, LOOK_PAUSE_SECONDS, unreachable))
            for name, shop, pause, do in pulling.loops():
                tasks.create_task(_keep(name, shop, pause, do))
    finally:
        await plan.apis.close()


def _pulling(filing: Filing, plan: Plan) -> Pulling:
    measures = PullMeasures(filing.metrics.registry)
    return Pulling(
        Fetching(filing, measures),
        Polling(filing),
        Completeness(filing, plan.delay, plan.length),
        Subscribing(filing, measures, plan.address_of),
        measures,
        plan,
    )


async def _until_known(mappings: ActiveMappings, runtime: Runtime) -> None:
    while True:
        try:
            async with runtime.engine.connect() as connection:
                await mappings.look(connection)
        except Exception as error:  # noqa: BLE001 - the database is away: others say so too
            log.warning("pulling.waits", error=type(error).__name__)
            await asyncio.sleep(FOLLOW_SECONDS)
        else:
            return


async def _keep(name: str, shop: Shop | None, pause: float, do: Do) -> None:
    """Do it again and again; what fails is told, and done again."""
    place = {} if shop is None else {"channel": shop.channel, "shop": shop.shop}
    while True:
        try:
            more = await do()
        except ChannelTrouble as trouble:
            log.warning("pull.failed", task=name, error=str(trouble)[:200], **place)
            more = False
        except LeaseLost:
            log.warning("pull.lease_lost", task=name, **place)
            more = False
        except Exception as error:  # must not end the worker
            log.warning("pull.failed", task=name, exc_info=error, **place)
            more = False
        if not more:
            await asyncio.sleep(pause)
