"""What a worker tells of itself every second, and what people and its peers tell it."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog

from common.clock import monotonic_seconds
from common.database.work import Work
from common.ids import new_id
from common.service import Runtime
from risk.domain.breaker import Forced, State
from risk.store import breakers, deferrals, look_ups, shadows
from risk.store.breakers import Change, Report
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.measures import Measures
from risk.use_cases.panel import Desk, Panel

PERIOD_SECONDS = 1.0
ALIVE_SECONDS = 5.0
"""A worker that said nothing for so long is not counted as there."""
HOUSEKEEPING_PERIODS = 60
SHADOWS_KEPT = timedelta(days=15)

log = structlog.get_logger()


@dataclass(slots=True)
class Reporting:
    rules: ActiveRules
    panel: Panel
    measures: Measures
    _periods: int = 0

    async def keep_on(self, runtime: Runtime) -> None:
        """Report and listen, until cancelled."""
        instance = runtime.settings.instance
        while True:
            try:
                async with runtime.works.begin() as work:
                    await self.once(work, instance)
            except Exception as error:  # must not end the worker; it is done again in a second
                log.warning("report.failed", exc_info=error)
            await asyncio.sleep(PERIOD_SECONDS)

    async def once(self, work: Work, instance: str) -> None:
        in_force = await self.rules.current(work)
        self.panel.baselines = in_force.baselines
        for desk in map(self.panel.desk, in_force.checks()):
            desk.breaker.state(monotonic_seconds())  # what is due falls due without a call, too
        await self._obey(work)
        peers = await breakers.reports(work.connection, work.now - timedelta(seconds=ALIVE_SECONDS))
        self._listen([peer for peer in peers if peer.instance != instance])
        await self._tell(work, instance)
        self.panel.keep(in_force.fingerprints())
        await self._keep_house(work)
        self.measures.release(in_force)
        self.measures.breakers(self.panel.desks.values())
        self.measures.deferred(await deferrals.waiting(work.connection, work.now))

    async def _obey(self, work: Work) -> None:
        """Do what people set: it holds for every breaker of the check."""
        wanted = await breakers.overrides(work.connection)
        now = monotonic_seconds()
        for desk in self.panel.desks.values():
            override = wanted.get(desk.check.id)
            state = None if override is None else cast("Forced", override.state)
            if desk.breaker.explain(now).forced != state:
                desk.breaker.force(state, now)

    def _listen(self, peers: list[Report]) -> None:
        """A peer's breaker that has just opened is a hint: each worker decides by what it sees.

        Only its first opening in a row: two that keep opening would lower each other's limits for
        ever, and neither would find its way back.
        """
        open_elsewhere = {
            breaker["fingerprint"]
            for peer in peers
            for breaker in peer.breakers
            if breaker["state"] == State.OPEN
            and breaker["forced"] is None
            and breaker["openings"] == 1
        }
        for fingerprint, desk in self.panel.desks.items():
            desk.breaker.hint(peer_open=fingerprint in open_elsewhere)

    async def _tell(self, work: Work, instance: str) -> None:
        in_force = await self.rules.current(work)
        now = monotonic_seconds()
        desks = list(self.panel.desks.values())
        said = Report(
            instance=instance,
            stable=in_force.stable.id,
            candidate=None if in_force.candidate is None else in_force.candidate.id,
            trouble=in_force.trouble,
            breakers=[explained(desk, now) for desk in desks],
            reported_at=work.now,
        )
        await breakers.report(work.connection, said)
        new = [change for desk in desks for change in self._new_changes(desk, instance, work.now)]
        await breakers.log(work.connection, new)
        for change in new:
            told = {"check": change.check, "before": change.before, "after": change.after}
            log.warning("breaker.changed", **told, cause=change.cause)

    def _new_changes(self, desk: Desk, instance: str, now: datetime) -> list[Change]:
        elapsed = monotonic_seconds()
        new = [t for t in desk.breaker.transitions if t.number > desk.logged]
        if new:
            desk.logged = new[-1].number
        return [
            Change(
                id=new_id(),
                check=desk.check.id,
                instance=instance,
                before=t.source,
                after=t.target,
                cause=t.cause,
                changed_at=now - timedelta(seconds=max(0.0, elapsed - t.at)),
                changed_by="sluice",
            )
            for t in new
        ]

    async def _keep_house(self, work: Work) -> None:
        learned, self.panel.look_ups.learned = self.panel.look_ups.learned, []
        if learned:
            await look_ups.remember(work.connection, learned)
        if self._periods % HOUSEKEEPING_PERIODS == 0:
            await look_ups.forget(work.connection, work.now)
            await shadows.forget(work.connection, work.now - SHADOWS_KEPT)
            await breakers.forget_reports(work.connection, work.now - timedelta(hours=1))
        self._periods += 1


def explained(desk: Desk, now: float) -> Mapping[str, Any]:
    """Tell where a breaker stands and why, as data."""
    why = desk.breaker.explain(now)
    return {
        "check": desk.check.id,
        "fingerprint": desk.check.fingerprint,
        "core": desk.check.core,
        "sentence": why.sentence,
        "slow_rate": why.slow_rate,
        "error_rate": why.error_rate,
        **asdict(why),
    }
