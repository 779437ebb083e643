"""The board as a program that the supervisor keeps running."""

import os
import signal
import sys
from collections.abc import Mapping

import httpx

from stack.home import Home
from stack.ports import Ports
from stack.program import Launch, dying_with_supervisor, says_ok

PORT = 8100
SETTINGS = ("BOARD_PORT",)


class Board:
    name = "board"
    stop_signal = signal.SIGTERM
    stop_seconds = 5.0
    ready_once = False

    def __init__(
        self, home: Home, ports: Ports, http: httpx.AsyncClient, settings: Mapping[str, str]
    ) -> None:
        self._home = home
        self._ports = ports
        self._http = http
        self._settings = settings
        self._port = 0

    async def launch(self) -> Launch:
        demanded = int(self._settings.get("BOARD_PORT") or 0)
        self._port = self._ports.claim(self.name, demanded=demanded, default=PORT)
        command = (sys.executable, "-m", "stack.board", str(self._home.path))
        return Launch(
            command=dying_with_supervisor(command),
            environment={**os.environ, "PORT": str(self._port), "PYTHONUNBUFFERED": "1"},
            directory=self._home.path,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        return await says_ok(self._http, f"http://127.0.0.1:{self._port}/readyz")
