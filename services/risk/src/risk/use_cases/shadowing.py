"""Lets a candidate in shadow decide anew what was decided: beside the orders."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from common.database.work import Work, WorkFactory
from common.service import Runtime
from risk.domain.assessment import Arm
from risk.domain.features import POSITIONS
from risk.domain.judging import Result, answers_to
from risk.domain.release import Stage
from risk.domain.ruleset import RuleSet, Stake, conclude, unanswered
from risk.store import changes, results, shadows, snapshots, turns
from risk.store.shadows import Shadow
from risk.store.snapshots import Snapshot
from risk.store.turns import Turn
from risk.use_cases.active_rules import ActiveRules, Loaded
from risk.use_cases.assessing import Case, opinions_of
from risk.use_cases.panel import Panel

PERIOD_SECONDS = 1.0
ORDERS_MAX = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shadowing:
    rules: ActiveRules
    panel: Panel

    async def keep_on(self, runtime: Runtime) -> None:
        """Follow the orders while there is a candidate in shadow, until cancelled."""
        while True:
            shadowed = 0
            try:
                shadowed = await self.some(runtime.works)
            except Exception as error:  # must not end the worker; it is tried again
                log.warning("shadow.failed", exc_info=error)
            if shadowed < ORDERS_MAX:
                await asyncio.sleep(PERIOD_SECONDS)

    async def some(self, works: WorkFactory) -> int:
        """Shadow some orders; return how many."""
        async with works.begin() as work:
            now = await changes.in_force(work.connection)
            if now is None or now.release.stage is not Stage.SHADOW:
                return 0
            candidate = now.release.candidate
            if candidate is None or not await turns.take(work.connection, Turn.SHADOWING):
                return 0
            orders = await shadows.not_yet(work.connection, candidate, now.changed_at, ORDERS_MAX)
            if orders:
                loaded = Loaded(candidate, await self.rules.load(work, candidate))
                stable = await self.rules.load(work, now.release.stable)
                taken = await snapshots.latest(work.connection, orders)
                await self._shadow(work, loaded, stable, list(taken.values()))
            return len(orders)

    async def _shadow(
        self, work: Work, candidate: Loaded, stable: RuleSet, taken: Sequence[Snapshot]
    ) -> None:
        """Ask only what the stable rule set did not ask: an outside party answers once."""
        if not taken:
            return
        shared = {c.id for c in candidate.rules.slow if c.fingerprint in stable.by_fingerprint}
        rest = tuple(c for c in candidate.rules.checks if c.id not in shared)
        asked = Loaded(candidate.id, replace(candidate.rules, checks=rest))
        cases = [case_of(snapshot) for snapshot in taken]
        said = await opinions_of(self.panel, asked, Arm.CANARY, cases)
        made: list[Shadow] = []
        for snapshot, opinion in zip(taken, said, strict=True):
            known = results.read(snapshot.results)
            both: dict[str, Result] = {c: known[c] for c in shared if c in known}
            both.update(opinion.results)
            answers = answers_to(candidate.rules.checks, snapshot.values, both)
            made.append(
                Shadow(
                    ruleset=candidate.id,
                    order_id=snapshot.order_id,
                    decision=conclude(candidate.rules, answers, opinion.case.stake),
                    unanswered=len(unanswered(candidate.rules, answers)),
                    took_micros=opinion.took_micros,
                    decided_at=work.now,
                )
            )
        await shadows.add(work.connection, made)


def case_of(snapshot: Snapshot) -> Case:
    """Make a case of what an order was decided on."""
    payable = snapshot.values[POSITIONS["order.payable_minor"]]
    currency = snapshot.values[POSITIONS["order.currency"]]
    stake = Stake(currency=str(currency), payable_minor=payable if isinstance(payable, int) else 0)
    return Case(order_id=snapshot.order_id, stake=stake, values=snapshot.values)
