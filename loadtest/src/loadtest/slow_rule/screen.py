"""What a person sees while it runs: what happened, and below, on a terminal, how things stand."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loadtest.slow_rule.observing import Seen

_BARS = " ▁▂▃▄▅▆▇█"
_HISTORY = 60
_STYLES = {"closed": "green", "half_open": "yellow", "open": "bold red"}


class Screen:
    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._decided: deque[int] = deque([0], maxlen=_HISTORY)
        self._began = time.monotonic()

    @contextmanager
    def live(self) -> Iterator[None]:
        """Keep the picture at the bottom of the terminal while the block runs."""
        self._began = time.monotonic()
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def tell(self, text: str) -> None:
        """Say what happened just now."""
        seconds = f"{time.monotonic() - self._began:6.1f} s"
        line = f"[dim]{seconds}[/]  {escape(text)}"
        self.console.print(line, highlight=False, soft_wrap=not self.console.is_terminal)

    def show(self, seen: Seen) -> None:
        """Draw how things stand."""
        self._decided.append(seen.decided)
        if self._live is not None:
            self._live.update(self._picture(seen), refresh=True)

    def _picture(self, seen: Seen) -> Group:
        most = max(1, *self._decided)
        bars = "".join(_BARS[round(each / most * (len(_BARS) - 1))] for each in self._decided)
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_row("decisions/s", Text(f"{seen.decided:>5}  {bars}", style="cyan"))
        table.add_row("candidate decides", f"{seen.percent} %")
        table.add_row("breaker", _breakers(seen))
        table.add_row("made up for later", f"{seen.deferred} checks wait")
        return Group(Text(), table, Text(seen.sentence, style="dim"))


def _breakers(seen: Seen) -> Text:
    told = Text()
    for (check, worker), state in sorted(seen.breakers.items()):
        told.append(f"{check}@{worker.removeprefix('risk-')} ", style="dim")
        told.append(f"{state}   ", style=_STYLES[state])
    return told
