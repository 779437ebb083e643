"""What is started beside a stack only when asked for: each a program of its own, by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx

from stack import alertmanager, prometheus, simulator
from stack.alertmanager import Alertmanager
from stack.board import program as board
from stack.board.program import Board
from stack.child import Child
from stack.home import Home
from stack.plan import Plan
from stack.ports import Ports
from stack.program import Program
from stack.prometheus import Prometheus, write_targets
from stack.simulator import Simulator
from stack.state import Process


class Kind(Protocol):
    """How an extra is made: of the stack's home and ports, and of what its caller has set."""

    def __call__(
        self, home: Home, ports: Ports, http: httpx.AsyncClient, settings: Mapping[str, str]
    ) -> Program: ...


KINDS: dict[str, Kind] = {
    "prometheus": Prometheus,
    "alertmanager": Alertmanager,
    "board": Board,
    "simulator": Simulator,
}
"""Each is found by others as NAME_URL in the env file."""


SETTINGS = {
    "prometheus": prometheus.SETTINGS,
    "alertmanager": alertmanager.SETTINGS,
    "board": board.SETTINGS,
    "simulator": simulator.SETTINGS,
}
"""The variables of the caller's environment that each heeds."""


@dataclass
class Extras:
    home: Home
    ports: Ports
    http: httpx.AsyncClient
    keep: Callable[[Program], Child]

    def __post_init__(self) -> None:
        self._children: dict[str, Child] = {}

    @property
    def children(self) -> list[Child]:
        return list(self._children.values())

    def start(self, plan: Plan) -> None:
        """Start those that are planned and do not run yet."""
        for name in plan.extras:
            if name not in self._children:
                program = KINDS[name](self.home, self.ports, self.http, plan.extra_settings)
                self._children[name] = self.keep(program)

    def tell(self, processes: Iterable[Process], broker_metrics_url: str) -> None:
        """Tell them what there is to watch; at every change."""
        if "prometheus" in self._children:
            write_targets(self.home, processes, broker_metrics_url)

    async def stop(self) -> None:
        for child in self._children.values():
            await child.stop()
