"""One process of a service, API or worker, as a program to keep running."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from stack.program import Launch, dying_with_supervisor, says_ok
from stack.services import Command
from stack.turns import Turns


@dataclass(kw_only=True)
class ServiceProcess:
    name: str
    command: Command
    directory: Path
    http: httpx.AsyncClient
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
        ready = await says_ok(self.http, f"http://127.0.0.1:{self._port}/readyz")
        if ready:
            self.turns.give_back(self.name)
        return ready
