"""The whole replay: a stack of its own is brought up, hurt, copied and healed twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from loadtest.incident import drain, guarded, unguarded
from loadtest.incident.conservation import Findings
from loadtest.incident.drain import Drain
from loadtest.incident.guarded import Guarded
from loadtest.incident.keeping import Copy
from loadtest.incident.scales import Scale
from loadtest.incident.staging import Stage, on_stage
from loadtest.incident.unguarded import Unguarded
from loadtest.scene.score_service import ScoreService
from loadtest.scene.screen import Screen
from stack import Stack
from stack.home import Home

SAFEGUARDS = {
    False: {"SAFEGUARDS": "off", "RECOVERY_AUTOMATIC": "false"},
    True: {"SAFEGUARDS": "on"},
}
EVALUATION_SECONDS_SHORT = "5"
GIB = 2**30

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that was seen."""

    scale: Scale
    began_at: float
    ended_at: float
    unguarded: Unguarded
    drains: tuple[Drain, Drain]
    guarded: Guarded
    copied_bytes: int

    @property
    def findings(self) -> list[Findings]:
        return [*(each.findings for each in self.drains), self.guarded.findings]


@dataclass
class Play:
    home: Path
    scale: Scale
    service: ScoreService
    screen: Screen

    def whole(self) -> Story:
        """Play all acts; nothing is left of the stack afterwards."""
        began_at = time.time()
        copy = Copy(Home.at(self.home), self.home.with_name(f"{self.home.name}-copy"))
        try:
            first = self._first_act()
            self.screen.tell("3. everything is stopped; database and broker are copied")
            copied = copy.make()
            self.screen.tell(f"   {copied / GIB:.1f} GiB are copied")
            few = self._few(first)
            self._down()
            copy.put_back()
            self.screen.tell("4. the same queue again, from the copy, with more workers")
            many, last = self._many(first)
        finally:
            copy.delete()
            self._stack(guarded=True).down(wipe=True)
        return Story(
            scale=self.scale,
            began_at=began_at,
            ended_at=time.time(),
            unguarded=first,
            drains=(few, many),
            guarded=last,
            copied_bytes=copied,
        )

    def _first_act(self) -> Unguarded:
        self.screen.tell("starting a stack of its own, with Prometheus; two risk workers …")
        stack = self._up(guarded=False, workers=self.scale.workers_before)
        first = self._run(stack, unguarded.play)
        self._down()
        return first

    def _few(self, first: Unguarded) -> Drain:
        stack = self._up(guarded=True, workers=0)
        few = self.scale.workers_before
        return self._run(stack, lambda stage: drain.play(stage, stack, few, first.waiting))

    def _many(self, first: Unguarded) -> tuple[Drain, Guarded]:
        """Drain it once more, and then let the same release go out again."""
        stack = self._up(guarded=True, workers=0)

        async def acts(stage: Stage) -> tuple[Drain, Guarded]:
            drained = await drain.play(stage, stack, self.scale.workers_after, first.waiting)
            await asyncio.to_thread(stack.scale, "risk", self.scale.workers_before)
            return drained, await guarded.play(stage)

        return self._run(stack, acts)

    def _run(self, stack: Stack, act: Callable[[Stage], Awaitable[T]]) -> T:
        async def on_it() -> T:
            async with on_stage(stack.env(), self.scale, self.screen) as stage:
                return await act(stage)

        with self.screen.live():
            return asyncio.run(on_it())

    def _up(self, *, guarded: bool, workers: int) -> Stack:
        stack = self._stack(guarded=guarded)
        stack.up(workers={"risk": workers}, extras=("prometheus",))
        return stack

    def _down(self) -> None:
        self._stack(guarded=True).down()

    def _stack(self, *, guarded: bool) -> Stack:
        return Stack(self.home, environment=SAFEGUARDS[guarded] | self._environment())

    def _environment(self) -> dict[str, str]:
        common = {"CHECK_ENDPOINTS": self.service.endpoints()}
        if not self.scale.alert_for:
            return common
        return common | {
            "ALERT_FOR_MAX": self.scale.alert_for,
            "PROMETHEUS_EVALUATION_SECONDS": EVALUATION_SECONDS_SHORT,
        }
