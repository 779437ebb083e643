"""Third act: the same release goes out once more, and now there are safeguards."""

import asyncio
import time
from dataclasses import dataclass

from loadtest.incident import rulesets
from loadtest.incident.conservation import Findings, Ledger
from loadtest.incident.rulesets import NEW_CHECK
from loadtest.incident.staging import Progress, Stage
from loadtest.scene.account import Decision, Fate
from loadtest.scene.stream import Journal, sending
from loadtest.scene.waiting import until

ABORT_SECONDS_MAX = 30.0
DECIDED_SECONDS_MAX = 60.0
MADE_UP_SECONDS_MAX = 300.0
USUAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    began_at: float
    released_at: float
    opened_at: float | None
    """When the first worker's breaker opened."""
    opened_because: str
    aborted_at: float | None
    """When the release was taken back by itself."""
    aborted_because: str
    made_up_at: float | None
    """When nothing was left to be made up for."""
    ended_at: float
    journal: Journal
    decisions: list[Decision]
    fate: Fate
    findings: Findings


async def play(stage: Stage) -> Guarded:
    scale, tell = stage.scale, stage.screen.tell
    tell(f"5. the same release again, safeguards on, {scale.guarded_rate:g} orders/s")
    began_at = time.time()
    with sending(stage.env, scale.guarded_rate) as load:
        await stage.let_pass("all is well", USUAL_SECONDS)
        bad = await stage.api.publish(rulesets.bad())
        released_at = await stage.api.activate(bad, force=True)
        aborted_at, why = await _taken_back(stage, released_at)
        left = released_at + scale.guarded_seconds - time.time()
        await stage.let_pass("the same release, with safeguards", max(0.0, left))
    ended_at, orders = time.time(), list(load.journal.due)

    async def decided() -> bool:
        return await stage.account.undecided(orders) == 0

    await until(decided, DECIDED_SECONDS_MAX)
    made_up_at = await _made_up(stage, bad, released_at)
    await asyncio.sleep(1)
    ledger = Ledger(stage.account.database)
    await until(lambda: _nothing_left(ledger, orders), DECIDED_SECONDS_MAX)
    changes = await stage.api.breaker_changes(NEW_CHECK)
    opened = [c for c in changes if c["after"] == "open" and c["at"] >= released_at]
    act = Guarded(
        began_at=began_at,
        released_at=released_at,
        opened_at=opened[0]["at"] if opened else None,
        opened_because=opened[0]["cause"] if opened else "",
        aborted_at=aborted_at,
        aborted_because=why,
        made_up_at=made_up_at,
        ended_at=ended_at,
        journal=load.journal,
        decisions=await stage.account.decisions(orders),
        fate=await stage.account.fate(bad, NEW_CHECK, released_at),
        findings=await ledger.findings(orders),
    )
    tell(f"   {act.fate.reverified} of {act.fate.skipped} skipped checks are made up for")
    return act


async def _taken_back(stage: Stage, since: float) -> tuple[float | None, str]:
    """Wait until the release is taken back by itself; else take it back as a person."""
    found: list[tuple[float, str]] = []

    async def taken_back() -> bool:
        changes = [c for c in await stage.api.changes() if c.at > since and c.kind == "rollback"]
        found.extend((c.at, c.reason) for c in changes)
        return bool(found)

    if await until(taken_back, ABORT_SECONDS_MAX):
        stage.screen.tell(f"   taken back after {found[0][0] - since:.1f} s: {found[0][1]}")
        return found[0]
    await stage.api.roll_back()
    stage.screen.tell("   NOT taken back by itself; rolled back by hand")
    return None, ""


async def _made_up(stage: Stage, ruleset: str, since: float) -> float | None:
    async def over(progress: Progress) -> bool:
        progress.waiting = await stage.account.waiting(ruleset, NEW_CHECK, since)
        progress.facts["to be made up for"] = f"{progress.waiting:,.0f}"
        return not progress.waiting

    made_up = await stage.pass_by(Progress("the re-check", 60.0), over, MADE_UP_SECONDS_MAX)
    return time.time() if made_up else None


async def _nothing_left(ledger: Ledger, orders: list[str]) -> bool:
    return not await ledger.unfinished(orders)
