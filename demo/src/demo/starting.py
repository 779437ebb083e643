"""Starting the private stack, told in few words."""

import time
from pathlib import Path

from rich.status import Status

from demo.screen import Screen
from stack import Stack
from stack.state import State

_SERVERS = ("postgres", "epmd", "rabbitmq")


class Starting:
    """Follows what `Stack.up` does; on a terminal one line that changes."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._status: Status | None = None
        self._told: set[str] = set()

    def say(self, line: str) -> None:
        """Tell what takes longer: packages that are installed."""
        self._screen.say(f"  {line}")

    def watch(self, state: State) -> None:
        told = _stage(state)
        if self._status is not None:
            self._status.update(told)
        elif told and told not in self._told:
            self._screen.say(f"  {told}")
        self._told.add(told)

    def up(self, home: Path | None) -> Stack:
        began = time.monotonic()
        stack = Stack(home, say=self.say, watch=self.watch)
        self._screen.say("[bold]Starting the private stack[/] (PostgreSQL, RabbitMQ, 4 services)")
        if self._screen.console.is_terminal:
            with self._screen.console.status("looking") as self._status:
                changed = stack.up()
            self._status = None
        else:
            changed = stack.up()
        took = f"ready after {time.monotonic() - began:.0f} s" if changed else "running already"
        processes = len(stack.processes())
        self._screen.say(f"  {took}: {processes} processes, all under {stack.home.path}\n")
        return stack


def _stage(state: State) -> str:
    """Say in a few words what is being waited for."""
    if any(step.seconds is None for step in state.steps):
        return "preparing tables, demo stock and keys"
    if state.processes and all(entry.is_ready for entry in state.processes.values()):
        return ""
    if any(entry.pid for name, entry in state.processes.items() if name not in _SERVERS):
        return "starting the services"
    return "starting PostgreSQL and RabbitMQ"
