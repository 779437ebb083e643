"""One process of a service, API or worker, as a program to keep running."""

import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from stack.program import Launch
from stack.services import Command


@dataclass(kw_only=True)
class ServiceProcess:
    name: str
    command: Command
    directory: Path
    http: httpx.AsyncClient
    claim_port: Callable[[], int]
    environment: Callable[[int], Mapping[str, str]]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 25.0
    # It loses its database or broker and finds it again.
    ready_once: bool = False
    _port: int = field(default=0, init=False)

    async def launch(self) -> Launch:
        # Claimed anew at every start: somebody may have taken the port meanwhile.
        self._port = self.claim_port()
        return Launch(
            command=_dying_with_supervisor(self.command),
            environment=self.environment(self._port),
            directory=self.directory,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        try:
            response = await self.http.get(f"http://127.0.0.1:{self._port}/readyz")
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK


def _dying_with_supervisor(command: Command) -> Command:
    """On Linux, have the kernel end the process should the supervisor be killed."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command
