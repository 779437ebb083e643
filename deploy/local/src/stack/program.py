"""What the supervisor must know about a program to keep it running."""

import asyncio
import pwd
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

_READY = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One start of a program. Secrets are in the environment, since everybody sees commands."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    port: int
    user: str | None = None


class Program(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def stop_signal(self) -> signal.Signals: ...

    @property
    def stop_seconds(self) -> float:
        """How long it may take to end after the signal before it is killed."""
        ...

    @property
    def ready_once(self) -> bool:
        """Whether it stays ready, once it is, for as long as it lives."""
        ...

    async def launch(self) -> Launch:
        """Repair what the previous run left behind, and say how to start."""
        ...

    async def is_ready(self) -> bool: ...


async def answers(port: int, greeting: bytes, answer: bytes) -> bool:
    """Whether the server on the port answers the greeting so."""
    return await _first_of_answer(port, greeting, len(answer)) == answer


async def is_ready_by_http(port: int) -> bool:
    """Whether the server answers `GET /readyz` with 200.

    It is asked of every process, twice a second: an HTTP client would cost a tenth of a processor.
    """
    return (await _first_of_answer(port, _READY, len("HTTP/1.1 200")))[-3:] == b"200"


async def _first_of_answer(port: int, greeting: bytes, length: int) -> bytes:
    """Return the first bytes of what the server says; nothing where it does not say as much."""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(greeting)
                return await reader.readexactly(length)
            finally:
                writer.close()
    return b""


async def says_ok(http: httpx.AsyncClient, url: str) -> bool:
    """Whether the server answers the request with 200."""
    try:
        response = await http.get(url)
    except httpx.HTTPError:
        return False
    return response.status_code == httpx.codes.OK


def dying_with_supervisor(command: tuple[str, ...]) -> tuple[str, ...]:
    """On Linux, have the kernel end the process should the supervisor be killed."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command


def run_as(user: str | None) -> dict[str, Any]:
    """Arguments with which a subprocess becomes this user and nothing more."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": ()}
