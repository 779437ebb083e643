"""The scenario: a good rule set, a bad one that is forced past the gate, and a real incident."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loadtest.scene.account import Decision, accounting
from loadtest.scene.risk_api import Gate, connected
from loadtest.scene.score_service import ScoreService
from loadtest.scene.screen import Screen
from loadtest.scene.stream import Journal, sending
from loadtest.scene.waiting import until
from loadtest.slow_rule import rulesets
from loadtest.slow_rule.acts import Act, Parameters, Stage
from loadtest.slow_rule.observing import Seen, observing
from loadtest.slow_rule.screen import Picture

DECIDED_SECONDS_MAX = 30.0
EPILOGUE_SECONDS = 3.0
REASON = "make slow-rule"


@dataclass(slots=True, kw_only=True)
class Story:
    """Everything that was seen."""

    parameters: Parameters
    began_at: float
    gate: Gate
    gate_at: float
    acts: Sequence[Act]
    journal: Journal = field(default_factory=Journal)
    decisions: Sequence[Decision] = ()
    seen: Sequence[Seen] = ()
    lost: int = 0
    asked: Mapping[str, int] = field(default_factory=dict)


async def play(
    env: Mapping[str, str], parameters: Parameters, service: ScoreService, screen: Screen
) -> Story:
    """Play it on a running stack and return what was seen."""
    async with (
        connected(env, REASON) as api,
        accounting(env["DATABASE_URL"]) as account,
        observing(api, env["DATABASE_URL"], Picture(screen).show) as observer,
    ):
        stage = Stage(api, account, observer, service, screen, parameters)
        stable = await stage.prologue()
        with sending(env, parameters.rate) as load:
            story = await _under_load(stage, stable)
        story.journal, orders = load.journal, list(load.journal.due)
        screen.tell(f"{len(orders):,} orders were accepted; counting what became of them")

        async def all_decided() -> bool:
            return await account.undecided(orders) == 0

        await until(all_decided, DECIDED_SECONDS_MAX)
        story.lost = await account.undecided(orders)
        story.decisions = await account.decisions(orders)
        story.seen, story.asked = observer.seen, service.asked()
    return story


async def _under_load(stage: Stage, stable: str) -> Story:
    parameters, began_at = stage.parameters, time.time()
    stage.screen.tell(f"{parameters.rate:g} orders/s from now on")
    await asyncio.sleep(parameters.fill_seconds)
    gate, bad = await stage.gate()
    gate_at = time.time()
    stage.screen.tell(f"baseline for {parameters.baseline_seconds:g} s")
    await asyncio.sleep(parameters.baseline_seconds)
    non_core = await stage.canary(bad, core=False)
    worse = await stage.api.publish(rulesets.with_new_score(core=True))
    core = await stage.canary(worse, core=True)
    incident = await stage.incident(stable)
    await asyncio.sleep(EPILOGUE_SECONDS)
    return Story(
        parameters=parameters,
        began_at=began_at,
        gate=gate,
        gate_at=gate_at,
        acts=[non_core, core, incident],
    )
