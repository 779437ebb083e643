"""What happens in the scenario, act by act."""

import asyncio
import time
from dataclasses import dataclass

from loadtest.scene.account import Account, Fate
from loadtest.scene.risk_api import Gate, RiskApi
from loadtest.scene.score_service import FAST, ScoreService
from loadtest.scene.screen import Screen
from loadtest.scene.waiting import until
from loadtest.slow_rule import rulesets
from loadtest.slow_rule.observing import Observer, first_open
from loadtest.slow_rule.rulesets import NEW_SCORE, STABLE_SCORE

ABORT_SECONDS_MAX = 30.0
CLOSED_SECONDS_MAX = 60.0
MADE_UP_SECONDS_MAX = rulesets.DEADLINE_SECONDS + 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    rate: float
    percent: int
    fill_seconds: float
    """So long orders come before the gate is asked: it needs features that were stored."""
    baseline_seconds: float
    bad_seconds: float
    """So long each act lasts at least, even where the slow check is out of the way earlier."""
    slow_seconds: float
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One slow check: it begins, is found out, and is made up for."""

    name: str
    ruleset: str
    check: str
    began_at: float
    ended_at: float
    opened_at: float | None
    """When the first worker's breaker opened."""
    opened_because: str
    told_at: float | None
    """When the API first said so."""
    aborted_at: float | None
    aborted_because: str
    closed_at: float | None
    """When orders were checked again everywhere."""
    made_up_at: float | None
    """When no order waited for the check any more."""
    fate: Fate

    def after(self, moment: float | None) -> float | None:
        """Return how long after the beginning that was."""
        return None if moment is None else round(moment - self.began_at, 2)


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is needed to play."""

    api: RiskApi
    account: Account
    observer: Observer
    service: ScoreService
    screen: Screen
    parameters: Parameters

    async def prologue(self) -> str:
        """Put a good rule set in force, through the gate, and return its id."""
        # What the gate compares with asks the same endpoint: it judges the difference.
        await self.api.activate(
            await self.api.publish(rulesets.stable("before")),
            force=True,
        )
        ruleset = await self.api.publish(rulesets.stable())
        gate = await self.api.measure(ruleset)
        await self.api.activate(ruleset, force=gate.refused)
        self.screen.tell(f"stable rule set {ruleset[:12]} is in force; the gate: {gate.told}")
        return ruleset

    async def gate(self) -> tuple[Gate, str]:
        """Try to release the bad rule set as one should."""
        bad = await self.api.publish(rulesets.with_new_score(core=False))
        self.screen.tell(f"rule set {bad[:12]} adds {NEW_SCORE}; the gate measures it …")
        gate = await self.api.try_gate(bad)
        self.screen.tell(f"the gate {'refuses it' if gate.refused else 'PASSES it'}: {gate.told}")
        return gate, bad

    async def canary(self, ruleset: str, *, core: bool) -> Act:
        """Force the rule set on a share of the orders and wait until all is well again."""
        percent, kind = self.parameters.percent, "core" if core else "non-core"
        began_at = await self.api.force_to_canary(ruleset, percent)
        self.screen.tell(f"forced past the gate to {percent} % of the orders ({kind} check)")
        aborted_at, why = await self._aborted(ruleset, began_at)
        await self._pass_until(began_at + self.parameters.bad_seconds)
        return await self._told(kind, (ruleset, NEW_SCORE), began_at, (aborted_at, why, None))

    async def incident(self, ruleset: str) -> Act:
        """Let the endpoint of a check that is in force for all orders turn slow, and well again."""
        began_at, slow = time.time(), self.parameters.slow_seconds
        self.service.take(FAST, slow)
        self.screen.tell(f"the endpoint of the stable check {STABLE_SCORE} takes {slow:g} s now")
        await self._pass_until(began_at + self.parameters.bad_seconds)
        self.service.take(FAST, None)
        well_at = time.time()
        self.screen.tell("the endpoint is well again")

        async def closed() -> bool:
            return self.observer.all_closed(STABLE_SCORE, well_at)

        closed_at = time.time() if await until(closed, CLOSED_SECONDS_MAX) else None
        if closed_at is not None:
            self.screen.tell(f"all breakers are closed {closed_at - well_at:.1f} s later")
        return await self._told(
            "incident", (ruleset, STABLE_SCORE), began_at, (None, "", closed_at)
        )

    async def _told(
        self,
        name: str,
        slow: tuple[str, str],
        began_at: float,
        end: tuple[float | None, str, float | None],
    ) -> Act:
        """Wait until everything is made up for, and gather what is known."""
        ruleset, check = slow

        async def made_up() -> bool:
            return await self.account.waiting(ruleset, check, began_at) == 0

        done_at = time.time() if await until(made_up, MADE_UP_SECONDS_MAX) else None
        fate = await self.account.fate(ruleset, check, began_at)
        self.screen.tell(
            f"{fate.reverified} of {fate.skipped} skipped checks are made up for,"
            f" at the latest {fate.longest_seconds:g} s after the decision"
        )
        changes = [c for c in await self.api.breaker_changes(check) if c["at"] >= began_at]
        opened = [c for c in changes if c["after"] == "open"]
        return Act(
            name=name,
            ruleset=ruleset,
            check=check,
            began_at=began_at,
            ended_at=time.time(),
            opened_at=opened[0]["at"] if opened else None,
            opened_because=opened[0]["cause"] if opened else "",
            told_at=first_open(self.observer.seen, check, began_at),
            aborted_at=end[0],
            aborted_because=end[1],
            closed_at=end[2],
            made_up_at=done_at and self.observer.quiet_since(began_at),
            fate=fate,
        )

    async def _aborted(self, ruleset: str, since: float) -> tuple[float | None, str]:
        """Wait until the candidate is taken back by itself; else take it back as a person."""
        found: list[tuple[float, str]] = []

        async def aborted() -> bool:
            changes = [c for c in await self.api.changes() if c.at >= since]
            found.extend((c.at, c.reason) for c in changes if c.kind == "abort")
            return bool(found)

        if await until(aborted, ABORT_SECONDS_MAX):
            self.screen.tell(f"taken back after {found[0][0] - since:.1f} s: {found[0][1]}")
            return found[0]
        await self.api.abort(ruleset)
        self.screen.tell("NOT taken back by itself; aborted by hand")
        return None, ""

    async def _pass_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - time.time()))
