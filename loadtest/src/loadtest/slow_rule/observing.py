"""Looks at the system several times a second while the scenario runs, and keeps what it saw."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg
import httpx

from loadtest.scene.risk_api import Refused, RiskApi
from loadtest.slow_rule.rulesets import NEW_SCORE, STABLE_SCORE

PERIOD_SECONDS = 0.2
OPEN, CLOSED = "open", "closed"

_NOW = """
    select
        (select count(*) from risk.assessment
         where decision_no = 1 and decided_at >= now() - interval '1 second') as decided,
        (select count(*) from risk.deferred_check) as deferred,
        (select percent from risk.active_ruleset) as percent"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was so at one moment."""

    at: float
    decided: int
    """Orders decided within the last second."""
    deferred: int
    """Checks that wait to be made up for."""
    percent: int
    breakers: Mapping[tuple[str, str], str]
    """Check and worker -> state of the breaker, of the checks that ask somebody outside."""
    sentence: str
    """Why the worst of them stands where it does."""


@dataclass
class Observer:
    api: RiskApi
    database: "asyncpg.Connection[asyncpg.Record]"
    show: Callable[[Seen], None]
    seen: list[Seen] = field(default_factory=list)

    async def keep_on(self) -> None:
        """Look, until cancelled."""
        due = time.monotonic()
        while True:
            # Somebody who is late once is not missed.
            with suppress(httpx.HTTPError, Refused):
                self.seen.append(await self._look())
                self.show(self.seen[-1])
            due = max(due + PERIOD_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def all_closed(self, check: str, since: float) -> bool:
        """Tell whether by the last look every worker's breaker of the check is closed."""
        last = self.seen[-1]
        states = [state for (name, _), state in last.breakers.items() if name == check]
        return last.at >= since and bool(states) and set(states) == {CLOSED}

    def quiet_since(self, since: float) -> float:
        """Return when the last check was made up for."""
        waited = [each.at for each in self.seen if each.deferred and each.at >= since]
        return waited[-1] if waited else since

    async def _look(self) -> Seen:
        row = await self.database.fetchrow(_NOW)
        told = {
            (check["check"], worker["instance"]): worker
            for check in await self.api.checks()
            for worker in check["workers"]
            if check["check"] in (NEW_SCORE, STABLE_SCORE)
        }
        worst = [each for each in told.values() if each["state"] != CLOSED]
        return Seen(
            at=time.time(),
            decided=row["decided"] if row else 0,
            deferred=row["deferred"] if row else 0,
            percent=row["percent"] if row else 0,
            breakers={place: worker["state"] for place, worker in told.items()},
            sentence=worst[0]["sentence"] if worst else "",
        )


@asynccontextmanager
async def observing(
    api: RiskApi, database_url: str, show: Callable[[Seen], None]
) -> AsyncIterator[Observer]:
    database = await asyncpg.connect(database_url)
    observer = Observer(api, database, show)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(observer.keep_on())
        try:
            yield observer
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            await database.close()


def first_open(seen: Collection[Seen], check: str, since: float) -> float | None:
    """Return when somebody who asks was first told that a breaker of the check is open."""
    told = (
        each.at
        for each in seen
        if each.at >= since
        and any(name == check and state == OPEN for (name, _), state in each.breakers.items())
    )
    return next(told, None)
