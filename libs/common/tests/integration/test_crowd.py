"""Clients that connect and do nothing, or nothing to the end, on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from common.http import protocol
from common.http.admission import Admission
from common.http.edge import Edge
from common.http.protocol import BoundedProtocol, Crowd
from common.telemetry.metrics import Metrics
from support.waiting import until, until_true

REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
WITH_BODY = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n"
WAITED_FOR_MAX = 20


@dataclass
class Server:
    port: int
    crowd: Crowd
    go_on: asyncio.Event
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(
        self, first: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect, and say that much; the server has noticed."""
        before = len(self.crowd)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        writer.write(first)
        if before < WAITED_FOR_MAX and first not in {REQUEST, WITH_BODY + b"body"}:
            await until_true(lambda: len(self.crowd) == before + 1)
        return reader, writer


async def status_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b" ")[1]


async def ended(reader: asyncio.StreamReader) -> bytes:
    with suppress(ConnectionError):
        async with asyncio.timeout(20):
            return await reader.read()
    return b""


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(protocol, "WAITED_FOR_MAX", WAITED_FOR_MAX)
    go_on = asyncio.Event()

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        await receive()
        if scope["path"] == "/slow":
            await go_on.wait()
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    edge = Edge(answer, metrics=Metrics("toy"))
    config = Config(edge, http=BoundedProtocol, log_config=None)
    config.load()
    state = ServerState()
    crowd = BoundedProtocol(config, state, {})._crowd
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0)
    server = Server(listening.sockets[0].getsockname()[1], crowd, go_on)
    yield server
    for client in server.clients:
        client.close()
    listening.close()
    await listening.wait_closed()
    await until_true(lambda: not crowd)


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nx-slow: ", WITH_BODY + b"bo"])
async def test_however_many_clients_say_nothing_the_next_is_heard(
    server: Server, first: bytes
) -> None:
    idle = [await server.connect(first) for _ in range(WAITED_FOR_MAX)]
    for number in range(3):
        reader, _ = await server.connect(REQUEST)
        assert await status_of(reader) == b"200"
        told = await ended(idle[number][0])
        assert (b" 408 " in told) == (first[:3] == b"GET")
    assert len(server.crowd) == WAITED_FOR_MAX


async def test_the_longest_idle_gives_way_and_not_who_spoke_last(server: Server) -> None:
    readers = [await server.connect() for _ in range(WAITED_FOR_MAX)]
    oldest, writer = readers[0]
    writer.write(REQUEST)
    assert await status_of(oldest) == b"200"
    await server.connect(b"GET")
    assert await ended(readers[1][0]) == b""
    writer.write(REQUEST)
    assert await status_of(oldest) == b"200"


async def test_whoever_waits_for_an_answer_does_not_give_way(server: Server) -> None:
    reader, writer = await server.connect()
    writer.write(REQUEST.replace(b"/ ", b"/slow "))
    await until_true(lambda: len(server.crowd) == 0)
    for _ in range(2 * WAITED_FOR_MAX):
        await server.connect()
    server.go_on.set()
    assert await status_of(reader) == b"200"


async def test_whoever_has_sent_the_next_request_already_does_not_give_way(server: Server) -> None:
    reader, writer = await server.connect()
    writer.write(REQUEST.replace(b"/ ", b"/slow ") + REQUEST + REQUEST[:9])
    await until_true(lambda: len(server.crowd) == 0)
    for _ in range(2 * WAITED_FOR_MAX):
        await server.connect()
    server.go_on.set()
    assert [await status_of(reader) for _ in range(2)] == [b"200", b"200"]


@pytest.mark.parametrize(
    ("first", "told"),
    [(b"", b""), (b"GET / HTTP/1.1\r\nx-slow: ", b"408")],
    ids=["never begun", "never ended"],
)
async def test_a_head_is_not_awaited_for_ever(
    server: Server, monkeypatch: pytest.MonkeyPatch, first: bytes, told: bytes
) -> None:
    monkeypatch.setattr(protocol, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.1)
    reader, _ = await server.connect(first)
    whole = await ended(reader)
    assert told in whole[:20]
    assert (b"application/problem+json" in whole) == bool(told)


async def test_a_body_that_goes_on_after_its_answer_is_not_awaited_for_ever(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece of it would else begin the wait for the next request anew."""
    monkeypatch.setattr(protocol, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(protocol, "HEAD_SECONDS_MAX", 0.1)
    monkeypatch.setattr(protocol, "IDLE_SECONDS_MAX", 0.1)
    monkeypatch.setattr(protocol, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(Admission, "refuses", lambda *_: True)
    head = WITH_BODY.replace(b" 4", b" 100000")
    reader, writer = await server.connect(head)
    assert await status_of(reader) == b"503"
    ending = asyncio.ensure_future(ended(reader))

    async def over() -> bool:
        writer.write(b"x")
        return ending.done()

    await until(over)
    await ending
