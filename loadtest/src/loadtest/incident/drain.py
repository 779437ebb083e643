"""Second act: what waits is decided newest first, by few workers or by many, beside new orders."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass

from loadtest.incident.conservation import Findings, Ledger
from loadtest.incident.staging import Progress, Stage
from loadtest.scene.account import Decision
from loadtest.scene.stream import Journal, sending
from loadtest.scene.waiting import until
from stack import Stack

DRAIN_SECONDS_MAX = 1_500.0
THROUGH_SECONDS_MAX = 600.0
OFF_SECONDS_MAX = 60.0
EXPECTED_PER_SECOND = 700.0
"""Only how fast the bar on the screen goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    workers: int
    rolled_back_at: float
    began_at: float
    """When the workers were told to start: their start is part of the time."""
    consuming_at: float
    """When the first workers were ready."""
    workers_ready_at: float
    """When all of them were."""
    ended_at: float
    """When the recovery had ended."""
    through_at: float
    """When all of it had gone through all four services."""
    fresh: Journal
    """New orders that came meanwhile."""
    decisions: list[Decision]
    """Of what waited, and of the new ones."""
    findings: Findings


async def play(stage: Stage, stack: Stack, workers: int, queued: Collection[str]) -> Drain:
    """Drain it; no worker of risk runs yet."""
    scale, tell = stage.scale, stage.screen.tell
    rolled_back_at = await stage.api.roll_back()
    await stage.api.recover()
    tell(f"   the release is rolled back; newest first, {len(queued):,} orders, {workers} workers")
    with sending(stage.env, scale.new_rate) as load:
        begun, began_at = await stage.account.decided(), time.time()
        await asyncio.to_thread(stack.scale, "risk", scale.workers_before)
        consuming_at = time.time()
        if workers != scale.workers_before:
            await asyncio.to_thread(stack.scale, "risk", workers)
        ready_at = time.time()
        await _work_off(stage, queued, begun)
        ended_at = time.time()
    ids = [*queued, *load.journal.due]
    ledger = Ledger(stage.account.database)
    through_at = await _through(stage, ledger, ids)
    drain = Drain(
        workers=workers,
        rolled_back_at=rolled_back_at,
        began_at=began_at,
        consuming_at=consuming_at,
        workers_ready_at=ready_at,
        ended_at=ended_at,
        through_at=through_at,
        fresh=load.journal,
        decisions=await stage.account.decisions(ids),
        findings=await ledger.findings(ids),
    )
    tell(f"   {drain.findings}")
    return drain


async def _work_off(stage: Stage, queued: Collection[str], begun: int) -> None:
    """Wait until all that waited is decided, and end the recovery as a person would."""

    async def over(progress: Progress) -> bool:
        stands = await stage.api.recovery()
        decided = await stage.account.decided() - begun
        progress.waiting = max(0, len(queued) - decided)
        progress.facts |= {
            "decided": f"{decided:,} ({decided / max(progress.seconds, 1):,.0f}/s)",
            "in the backlog table": f"{stands['waiting']:,}",
        }
        # What was decided first may have been new: only near the end is it worth asking.
        return decided >= len(queued) and not await stage.account.undecided(queued)

    progress = Progress("the drain", len(queued) / EXPECTED_PER_SECOND)
    if not await stage.pass_by(progress, over, DRAIN_SECONDS_MAX):
        raise TimeoutError("The queue was not drained in time.")
    await stage.api.stop_recovering()
    await until(lambda: _is_off(stage), OFF_SECONDS_MAX)


async def _is_off(stage: Stage) -> bool:
    return bool((await stage.api.recovery())["state"] == "off")


async def _through(stage: Stage, ledger: Ledger, ids: Collection[str]) -> float:
    """Wait until every order has gone through all four services; return when that was."""

    async def over(progress: Progress) -> bool:
        progress.waiting = await ledger.unfinished(ids)
        progress.facts["on their way through the other services"] = f"{progress.waiting:,.0f}"
        return not progress.waiting

    await stage.pass_by(Progress("the other services", 60.0), over, THROUGH_SECONDS_MAX)
    return time.time()
