"""Makes up for the checks that orders were decided without, before their deadline.

Claims a few, asks while no transaction is open, and then decides: whoever dies in between only
lets the claim run out.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from common.database.work import Announced, Work, WorkFactory
from common.service import Runtime
from risk.domain.deferral import LEASE_SECONDS, Deferred
from risk.domain.judging import Result
from risk.domain.ruleset import RuleSet, Unanswered
from risk.store import deferrals, results, snapshots
from risk.store.compiled import Faulty
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.panel import Panel
from risk.use_cases.revising import Remade, revise

CLAIM_MAX = 100
PAUSE_SECONDS = 0.5
ASKING_SECONDS_MAX = LEASE_SECONDS - 10
"""What has not had its turn by then is given back before others may claim it."""
UNREADABLE = Unanswered("check_unreadable")
NO_TURN = Unanswered("no_turn_in_time")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Done:
    claimed: int
    announced: Sequence[Announced] = ()


@dataclass(frozen=True, slots=True)
class Rechecking:
    rules: ActiveRules
    panel: Panel

    async def keep_on(self, runtime: Runtime) -> None:
        """Make up for what is due, until cancelled."""
        while True:
            done = Done(0)
            try:
                done = await self.some(runtime.works)
                runtime.relay.offer(done.announced)
            except Exception as error:  # must not end the worker; claims run out
                log.warning("recheck.failed", exc_info=error)
            if done.claimed < CLAIM_MAX:
                await asyncio.sleep(PAUSE_SECONDS)

    async def some(self, works: WorkFactory) -> Done:
        """Make up for some of the checks that are due."""
        async with works.begin() as work:
            claimed = await self._claim(work)
        if not claimed:
            return Done(0)
        until = asyncio.get_running_loop().time() + ASKING_SECONDS_MAX
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._ask(each, until)) for each in claimed]
        made = [task.result() for task in asked]
        async with works.begin() as work:
            await revise(work, made)
        return Done(sum(len(each.asked) for each in made), work.announced)

    async def _claim(self, work: Work) -> list[Remade]:
        due: dict[UUID, list[Deferred]] = {}
        for each in await deferrals.claim(work.connection, work.now, CLAIM_MAX):
            due.setdefault(each.order_id, []).append(each)
        latest = await snapshots.latest(work.connection, due)
        return [
            Remade(
                order_id=order_id,
                rules=await self._rules(work, checks[0].ruleset),
                values=latest[order_id].values if order_id in latest else None,
                results=results.read(latest[order_id].results) if order_id in latest else {},
                asked=checks,
            )
            for order_id, checks in due.items()
        ]

    async def _rules(self, work: Work, ruleset: str) -> RuleSet | None:
        try:
            return await self.rules.load(work, ruleset)
        except Faulty:
            return None

    async def _ask(self, remade: Remade, until: float) -> Remade:
        """Return the same with what the checks returned now."""
        async with asyncio.TaskGroup() as tasks:
            asked = {
                deferred.check: tasks.create_task(self._result(remade, deferred.check, until))
                for deferred in remade.asked
            }
        found = {check: task.result() for check, task in asked.items()}
        return replace(remade, results={**remade.results, **found})

    async def _result(self, remade: Remade, named: str, until: float) -> Result:
        check = None if remade.rules is None else remade.rules.by_id.get(named)
        values = remade.values
        if check is None or values is None:
            return UNREADABLE
        if check.source is None:
            return self.panel.judge_again(check, values)
        try:
            async with asyncio.timeout_at(until):
                return await self.panel.ask_again(check, values)
        except TimeoutError:
            return NO_TURN
