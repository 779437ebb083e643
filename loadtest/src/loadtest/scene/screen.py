"""What a person sees while it runs: what happened, and below, on a terminal, how things stand."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.markup import escape

_BARS = " ▁▂▃▄▅▆▇█"


class Screen:
    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._began = time.monotonic()

    @contextmanager
    def live(self) -> Iterator[None]:
        """Keep a picture at the bottom of the terminal while the block runs."""
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

    def draw(self, picture: RenderableType) -> None:
        """Show this at the bottom from now on."""
        if self._live is not None:
            self._live.update(picture, refresh=True)


def bars(values: Sequence[float]) -> str:
    """Return the values as a line of bars."""
    most = max(1.0, *values)
    return "".join(_BARS[round(each / most * (len(_BARS) - 1))] for each in values)
