"""Takes back by itself what does worse than what was there before: within seconds."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from common.database.work import Work
from common.service import Runtime
from risk.domain.assessment import AUTOMATIC
from risk.domain.breaker import State
from risk.domain.health import Figures, trouble
from risk.domain.release import Stage
from risk.store import breakers, changes, figures, turns
from risk.store.changes import Change, Kind
from risk.store.figures import Span
from risk.store.turns import Turn
from risk.use_cases import releasing
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.releasing import By
from risk.use_cases.reporting import ALIVE_SECONDS

PERIOD_SECONDS = 1.0
LOOK_BACK = timedelta(minutes=5)
BAKING = timedelta(minutes=10)
"""So long after it became stable, a rule set is still compared with the one before."""
_CANDIDATES = (Kind.ACTIVATION, Kind.PROMOTION)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watching:
    rules: ActiveRules

    async def keep_on(self, runtime: Runtime) -> None:
        """Look every second, until cancelled."""
        while True:
            try:
                async with runtime.works.begin() as work:
                    await self.once(work)
            except Exception as error:  # must not end the worker; it looks again in a second
                log.warning("watch.failed", exc_info=error)
            await asyncio.sleep(PERIOD_SECONDS)

    async def once(self, work: Work) -> Change | None:
        """Take back what is in trouble; return the change that did.

        One worker looks at a time: the figures cost the same whoever asks for them.
        """
        if not await turns.take(work.connection, Turn.WATCHING):
            return None
        now = await changes.in_force(work.connection)
        if now is None:
            return None
        taken = None
        if now.release.candidate is not None:
            taken = await self._watch_candidate(work, now, now.release.candidate)
        return taken or await self._watch_baking(work, now)

    async def _watch_candidate(self, work: Work, now: Change, candidate: str) -> Change | None:
        span = Span(max(now.changed_at, work.now - LOOK_BACK), work.now)
        stable = await figures.decided(work.connection, now.release.stable, span)
        if now.release.stage is Stage.SHADOW:
            tried = await figures.shadowed(work.connection, candidate, span.since)
        else:
            tried = await figures.decided(work.connection, candidate, span)
        why = trouble(tried, stable, await self._tripped(work, candidate, now.release.stable))
        if why is None:
            return None
        log.error("release.aborted", candidate=candidate, why=why)
        return await releasing.abort(work, By(AUTOMATIC, why), seen=now.id)

    async def _watch_baking(self, work: Work, now: Change) -> Change | None:
        since = await self._stable_since(work, now)
        before = None if now.before is None else await changes.find(work.connection, now.before)
        if since is None or before is None:
            return None
        lately = Span(max(since, work.now - LOOK_BACK), work.now)
        tried = await figures.decided(work.connection, now.release.stable, lately)
        earlier = await figures.decided(
            work.connection, before.release.stable, Span(since - LOOK_BACK, since)
        )
        why = self._baked(
            tried,
            earlier,
            await self._tripped(work, now.release.stable, before.release.stable),
        )
        if why is None:
            return None
        log.error("release.rolled_back", ruleset=now.release.stable, why=why)
        return await releasing.roll_back(work, By(AUTOMATIC, why), seen=now.id)

    async def _stable_since(self, work: Work, now: Change) -> datetime | None:
        """Say since when it is stable; None where that is long ago, or was chosen by a rollback."""
        made = await changes.became_stable(work.connection, now.release.stable)
        if made is None or made.kind not in _CANDIDATES or work.now - made.changed_at >= BAKING:
            return None
        return made.changed_at

    def _baked(self, tried: Figures, earlier: Figures, tripped: set[str]) -> str | None:
        """Without orders to compare with, only a breaker tells."""
        if not earlier.orders:
            tried = Figures()
        return trouble(tried, earlier, tripped)

    async def _tripped(self, work: Work, candidate: str, stable: str) -> set[str]:
        """Return the checks only the candidate has whose breaker is open in some worker."""
        ours = (await self.rules.load(work, candidate)).by_fingerprint
        theirs = (await self.rules.load(work, stable)).by_fingerprint
        alive = work.now - timedelta(seconds=ALIVE_SECONDS)
        return {
            breaker["check"]
            for report in await breakers.reports(work.connection, alive)
            for breaker in report.breakers
            if breaker["fingerprint"] in ours.keys() - theirs.keys()
            and breaker["state"] != State.CLOSED
            and breaker["forced"] is None
        }
