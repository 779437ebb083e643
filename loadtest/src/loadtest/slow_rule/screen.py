"""How things stand while it runs: decisions, the candidate's share, breakers, what is skipped."""

from collections import deque

from rich.console import Group
from rich.table import Table
from rich.text import Text

from loadtest.scene.screen import Screen, bars
from loadtest.slow_rule.observing import Seen

_HISTORY = 60
_STYLES = {"closed": "green", "half_open": "yellow", "open": "bold red"}


class Picture:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._decided: deque[float] = deque([0], maxlen=_HISTORY)

    def show(self, seen: Seen) -> None:
        """Draw how things stand."""
        self._decided.append(seen.decided)
        table = Table(box=None, show_header=False, padding=(0, 2))
        decided = Text(f"{seen.decided:>5}  {bars(self._decided)}", style="cyan")
        table.add_row("decisions/s", decided)
        table.add_row("candidate decides", f"{seen.percent} %")
        table.add_row("breaker", _breakers(seen))
        table.add_row("made up for later", f"{seen.deferred} checks wait")
        self._screen.draw(Group(Text(), table, Text(seen.sentence, style="dim")))


def _breakers(seen: Seen) -> Text:
    told = Text()
    for (check, worker), state in sorted(seen.breakers.items()):
        told.append(f"{check}@{worker.removeprefix('risk-')} ", style="dim")
        told.append(f"{state}   ", style=_STYLES[state])
    return told
