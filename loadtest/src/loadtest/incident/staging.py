"""Who is needed to play an act, and how a person follows it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from loadtest.incident.prometheus import Prometheus
from loadtest.incident.prometheus import connected as watching
from loadtest.incident.scales import Scale
from loadtest.scene.account import Account, accounting
from loadtest.scene.risk_api import RiskApi
from loadtest.scene.risk_api import connected as asking
from loadtest.scene.screen import Screen, bars

REASON = "make incident"
LOOK_SECONDS = 1.0
TELL_SECONDS = 20.0
"""Where there is no terminal to draw on, a line in so many seconds."""
_HISTORY = 60


@dataclass(slots=True)
class Progress:
    """How far an act is; drawn every second."""

    name: str
    expected_seconds: float
    facts: dict[str, str] = field(default_factory=dict)
    waiting: float = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


@dataclass(frozen=True, slots=True)
class Stage:
    env: Mapping[str, str]
    api: RiskApi
    account: Account
    prometheus: Prometheus
    screen: Screen
    scale: Scale

    async def pass_by(
        self, progress: Progress, is_over: Callable[[Progress], Awaitable[bool]], limit: float
    ) -> bool:
        """Look every second and show it, until it is over; False when that takes too long."""
        waited: deque[float] = deque([0], maxlen=_HISTORY)
        told = time.monotonic()
        while progress.seconds < limit:
            with suppress(httpx.HTTPError):
                if await is_over(progress):
                    return True
            waited.append(progress.waiting)
            self.screen.draw(_picture(progress, waited))
            if not self.screen.console.is_terminal and time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                facts = ", ".join(f"{name} {value}" for name, value in progress.facts.items())
                self.screen.tell(f"  … {progress.name}: {facts}")
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def let_pass(self, name: str, seconds: float) -> None:
        """Let time go by."""

        async def over(progress: Progress) -> bool:
            progress.facts["left"] = f"{max(0.0, seconds - progress.seconds):.0f} s"
            return progress.seconds >= seconds

        await self.pass_by(Progress(name, seconds), over, seconds + 1)


def _picture(progress: Progress, waited: "deque[float]") -> Group:
    table = Table(box=None, show_header=False, padding=(0, 2))
    share = min(progress.seconds / progress.expected_seconds, 1.0) if progress.seconds else 0.0
    table.add_row(progress.name, ProgressBar(total=1.0, completed=share, width=40))
    table.add_row("waiting", Text(f"{progress.waiting:>8,.0f}  {bars(waited)}", style="cyan"))
    for name, value in progress.facts.items():
        table.add_row(name, value)
    return Group(Text(), table)


@asynccontextmanager
async def on_stage(env: Mapping[str, str], scale: Scale, screen: Screen) -> AsyncIterator[Stage]:
    async with (
        asking(env, REASON) as api,
        accounting(env["DATABASE_URL"]) as account,
        watching(env) as prometheus,
    ):
        yield Stage(env, api, account, prometheus, screen, scale)
