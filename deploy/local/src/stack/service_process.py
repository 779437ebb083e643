"""One process of a service, API or worker, as a program to keep running."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.program import Launch, dying_with_supervisor, is_ready_by_http
from stack.services import Command
from stack.turns import Turns


@dataclass(kw_only=True)
class ServiceProcess:
    name: str
    command: Command
    directory: Path
    claim_port: Callable[[], int]
    environment: Callable[[int], Mapping[str, str]]
    turns: Turns
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 25.0
    # It loses its database or broker and finds it again.
    ready_once: bool = False
    _port: int = field(default=0, init=False)

    async def launch(self) -> Launch:
        await self.turns.take(self.name)
        # Claimed anew at every start: somebody may have taken the port meanwhile.
        self._port = self.claim_port()
        return Launch(
            command=dying_with_supervisor(self.command),
            environment=self.environment(self._port),
            directory=self.directory,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        ready = await is_ready_by_http(self._port)
        if ready:
            self.turns.give_back(self.name)
        return ready
