"""What the person sees while it runs: a live table on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.facts import Facts
from demo.sale import CHANNELS
from demo.stages import in_place, stages, times

_LINE_SECONDS = 2.0
_SAME_LINE_SECONDS = 15.0
_BAR_WIDTH = 40
WIDTH = 100


class Screen:
    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._line = ""
        self._line_at = 0.0

    def say(self, text: str = "") -> None:
        # A log is read, and searched, line by line.
        self.console.print(text, highlight=False, soft_wrap=not self.console.is_terminal)

    def note(self, who: str, text: str) -> None:
        """Tell what somebody did just now."""
        moment = datetime.now().astimezone().strftime("%H:%M:%S")
        self.say(f"  [dim]{moment}[/]  [cyan]{who:<9}[/] {escape(text)}")

    @contextmanager
    def following(self, facts: Facts) -> Iterator[None]:
        """Show the facts from now on, at each call of `show`."""
        if not self.console.is_terminal:
            self._line_at = time.monotonic()
            yield
            return
        with Live(console=self.console, auto_refresh=False) as live:
            self._live = live
            try:
                yield
                self.show(facts)
            finally:
                self._live = None

    def show(self, facts: Facts) -> None:
        if self._live is not None:
            self._live.update(_picture(facts), refresh=True)
        elif not self.console.is_terminal and time.monotonic() - self._line_at >= _LINE_SECONDS:
            self._tell(facts)

    def _tell(self, facts: Facts) -> None:
        """Tell what has changed; that nothing has, only now and then."""
        totals = {stage.name: stage.counts.total() for stage in stages(facts)}
        named = ("approved", "allocated", "packed", "handed over")
        told = " · ".join(f"{name} {totals[name]}" for name in named)
        told = f"messages {totals['messages received']} · {told}"
        now = time.monotonic()
        if told != self._line or now - self._line_at >= _SAME_LINE_SECONDS:
            self.note("…", told)
            self._line, self._line_at = told, now


def _picture(facts: Facts) -> Group:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column()
    table.add_column()
    for channel in CHANNELS:
        table.add_column(channel, justify="right", header_style="bold")
    table.add_column("all", justify="right", style="bold", header_style="bold")
    for stage in stages(facts):
        counts = [_number(stage.counts[channel]) for channel in CHANNELS]
        table.add_row(f"[cyan]{stage.service}", stage.name, *counts, _number(stage.counts.total()))
    done, every = in_place(facts), len(facts.tracks)
    bar = Table.grid(padding=(0, 2))
    bar.add_row(
        ProgressBar(every, done, width=_BAR_WIDTH), f"{done} of {every} orders where they must end"
    )
    return Group("", bar, Text(times(facts)), "", table)


def _number(count: int) -> str:
    return str(count) if count else "[dim]·[/]"
