"""A stand-in for somebody's score service, in a process of its own: one endpoint fast, one slow.

How long each takes can be changed while it runs, and it counts what it was asked.
"""

import asyncio
import hashlib
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import uvicorn

FAST, SLOW = "score", "slow-score"
FAST_SECONDS = (0.002, 0.008)
START_SECONDS_MAX = 20.0

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass
class Scores:
    """The ASGI application."""

    seconds: dict[str, float | None]
    """How long each endpoint takes; None: as long as it takes when it is well."""
    asked: Counter[str] = field(default_factory=Counter)
    _random: Random = field(default_factory=lambda: Random(7))

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name, body = scope["path"].strip("/"), await _body(receive)
        match name:
            case "score" | "slow-score":
                self.asked[name] += 1
                well = self._random.uniform(*FAST_SECONDS)
                await asyncio.sleep(self.seconds[name] or well)
                await _answer(send, {"score": score(body, fast=name == FAST)})
            case "control":
                self.seconds |= json.loads(body)
                await _answer(send, {})
            case _:
                await _answer(send, dict(self.asked))


def score(question: bytes, *, fast: bool) -> int:
    """Return the same score for the same question; the old one has nothing against anybody."""
    number = int.from_bytes(hashlib.sha256(question).digest()[:4]) % 1000
    return 500 + number % 500 if fast else number


@dataclass(frozen=True, slots=True)
class ScoreService:
    """The running stand-in, seen from outside."""

    url: str

    def endpoints(self) -> str:
        """Return the value of CHECK_ENDPOINTS."""
        return json.dumps({name: {"url": f"{self.url}/{name}"} for name in (FAST, SLOW)})

    def take(self, endpoint: str, seconds: float | None) -> None:
        """Let the endpoint take so long from now on; None: as long as when it is well."""
        httpx.post(f"{self.url}/control", json={endpoint: seconds}, trust_env=False)

    def asked(self) -> dict[str, int]:
        """Return how often each endpoint was asked."""
        counts: dict[str, int] = httpx.get(f"{self.url}/counts", trust_env=False).json()
        return counts


@contextmanager
def running(slow_seconds: float) -> Iterator[ScoreService]:
    """Run the stand-in on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        descriptor, port = listening.fileno(), listening.getsockname()[1]
        command = [sys.executable, "-m", __name__, str(descriptor), str(slow_seconds)]
        process = subprocess.Popen(command, pass_fds=[descriptor])
    try:
        service = ScoreService(f"http://127.0.0.1:{port}")
        # The socket listens already: whoever comes early waits.
        httpx.get(f"{service.url}/counts", timeout=START_SECONDS_MAX, trust_env=False)
        yield service
    finally:
        process.terminate()
        process.wait()


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _answer(send: Send, content: Mapping[str, object]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


def main() -> None:
    descriptor, slow_seconds = int(sys.argv[1]), float(sys.argv[2])
    scores = Scores({FAST: None, SLOW: slow_seconds})
    config = uvicorn.Config(scores, fd=descriptor, lifespan="off", log_level="error")
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
