"""Sends prepared HTTP requests over a few connections that stay open, and notes each one's time.

A client of its own, since a general one would use more of the two cores than what it measures.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

_END = b"\r\n\r\n"
_OK = b"HTTP/1.1 202"


@dataclass
class Sent:
    """What became of the requests, by their place."""

    started: dict[int, float] = field(default_factory=dict)
    """Wall-clock seconds when each was sent, or in an open loop when it was due."""
    accepted: dict[int, bytes] = field(default_factory=dict)
    """The body of each 202."""
    refused: int = 0
    seconds: float = 0.0


class Connection(asyncio.Protocol):
    """One request at a time; responses are delimited by Content-Length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[bool, bytes]] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # TCP gives nothing else

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(_END)
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._buffer = b""
        if self._answer is not None and not self._answer.done():  # else a farewell before closing
            self._answer.set_result((head.startswith(_OK), rest[:length]))

    @property
    def closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed"))

    async def send(self, request: bytes) -> tuple[bool, bytes]:
        assert self._transport is not None  # noqa: S101 - connected before it is used
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


async def _send_all(
    port: int, requests: Sequence[bytes], connections: int, dues: Sequence[float] | None
) -> Sent:
    sent = Sent()
    loop = asyncio.get_running_loop()
    places = iter(range(len(requests)))
    begin, begin_wall = time.monotonic(), time.time()

    async def work() -> None:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        for place in places:
            sent.started[place] = time.time()
            if dues is not None:
                due = dues[place]
                await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
                sent.started[place] = begin_wall + due
            if connection.closed:  # whom the server sends away, it does not keep connected
                _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            ok, body = await connection.send(requests[place])
            if ok:
                sent.accepted[place] = body
            else:
                sent.refused += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(work())
    sent.seconds = time.monotonic() - begin
    return sent


def send(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int = 64,
    rate: float | None = None,
    dues: Sequence[float] | None = None,
) -> Sent:
    """Send everything, as fast as it goes or (open loop) at this many a second.

    An open loop that is not even is given by `dues`, the seconds at which each is due.
    """
    if rate is not None:
        dues = [place / rate for place in range(len(requests))]
    run: Callable[..., Sent] = uvloop.run
    return run(_send_all(port, requests, connections, dues))


def order_id(body: bytes) -> str:
    """Return the id that ingest gave the one order it accepted."""
    return body.partition(b'"order_id":"')[2][:36].decode()
