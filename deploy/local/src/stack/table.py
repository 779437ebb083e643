"""How a stack's state looks on a terminal."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from stack.state import Condition, Process, Scaling, State

STYLES = {
    Condition.READY: "green",
    Condition.STARTING: "yellow",
    Condition.RESTARTING: "red",
    Condition.STOPPED: "dim",
}


def show_processes(processes: Mapping[str, Process]) -> None:
    table = Table(box=None, header_style="bold")
    for column, side in (("name", "left"), ("pid", "right"), ("port", "right")):
        table.add_column(column, justify="right" if side == "right" else "left")
    table.add_column("state")
    table.add_column("restarts", justify="right")
    table.add_column("uptime", justify="right")
    now = datetime.now(UTC)
    for entry in processes.values():
        state = f"[{STYLES[entry.state]}]{entry.state}[/]"
        row = (entry.name, _text(entry.pid), _text(entry.port), state, str(entry.restarts))
        table.add_row(*row, _uptime(entry, now))
    Console().print(table)


def show_scaling(scaling: Mapping[str, Scaling]) -> None:
    """What the autoscaler thinks of the services that are left to it."""
    for name, entry in scaling.items():
        wish = "" if entry.wish == entry.workers else f", wishes {entry.wish}"
        print(f"{name} scales by itself: {entry.workers}{wish} ({entry.cause}: {entry.why})")


def show_urls(env: Mapping[str, str]) -> None:
    """Addresses without passwords: a terminal is often shown to others."""
    for name, value in env.items():
        if name.endswith("_URL") and "@" not in value:
            print(f"{name:20} {value}")


class Progress:
    """Says what has begun and what is done, each once; what was there before is no news."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[object] = set()
        self._since = datetime.now(UTC)

    def __call__(self, state: State) -> None:
        for entry in state.processes.values():
            self._tell_process(entry)
        for step in state.steps:
            if step.seconds is None:
                self._once((step.name, "running"), f"{step.name}: running")
            elif (step.name, "running") in self._said:
                self._once((step.name, "done"), f"{step.name}: done in {step.seconds:.1f} s")

    def _tell_process(self, entry: Process) -> None:
        began = datetime.fromisoformat(entry.started_at) if entry.started_at else None
        if entry.pid is None or began is None or began < self._since:
            return
        self._once((entry.name, entry.pid), f"{entry.name}: starting (pid {entry.pid})")
        if entry.is_ready:
            seconds = (datetime.now(UTC) - began).total_seconds()
            line = f"{entry.name}: ready after {seconds:.1f} s (port {entry.port})"
            self._once((entry.name, entry.pid, "ready"), line)

    def _once(self, mark: object, line: str) -> None:
        if mark not in self._said:
            self._said.add(mark)
            self._say(line)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _uptime(entry: Process, now: datetime) -> str:
    if entry.pid is None or entry.started_at is None or entry.state is Condition.STOPPED:
        return ""
    seconds = int((now - datetime.fromisoformat(entry.started_at)).total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
