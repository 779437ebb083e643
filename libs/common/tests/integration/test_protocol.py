"""Heads that do not end, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from common.http.edge import HEAD_BYTES_MAX, Edge
from common.http.protocol import BoundedProtocol
from common.telemetry.metrics import Metrics
from support.waiting import until_true

PIECE = b"x" * 8_192


class Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: BoundedProtocol

    async def answer(self) -> bytes:
        return await self.reader.readuntil(b"\r\n")


async def _answer(scope: Scope, receive: Any, send: Any) -> None:
    assert scope["path"] == "/"
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def connection() -> AsyncIterator[Connection]:
    edge = Edge(_answer, metrics=Metrics("toy"))
    config = Config(edge, http=BoundedProtocol, log_config=None)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    protocol = BoundedProtocol(config, state, {})
    server = await loop.create_server(lambda: protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await until_true(lambda: protocol.transport is not None)
    yield Connection(reader, writer, protocol)
    writer.close()
    server.close()
    await server.wait_closed()


async def _sent(writer: asyncio.StreamWriter, start: bytes, filler: bytes) -> None:
    """Send a head that never ends, until the server hangs up or has had far too much."""
    writer.write(start)
    for _ in range(10 * HEAD_BYTES_MAX // len(filler)):
        writer.write(filler)
        await writer.drain()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("start", "filler"),
    [
        (b"GET / HTTP/1.1\r\nx-endless: ", PIECE),
        (b"GET / HTTP/1.1\r\n", b"x-many: 1\r\n" * 500),
        (b"GET /", PIECE),
    ],
)
async def test_a_head_that_does_not_end_is_refused(
    connection: Connection, start: bytes, filler: bytes
) -> None:
    sending = asyncio.ensure_future(_sent(connection.writer, start, filler))
    async with asyncio.timeout(20):
        assert b" 431 " in await connection.answer()
    await asyncio.wait([sending])
    sending.exception()  # whoever is still sending may find nobody there


async def test_a_whole_head_that_is_too_large_is_refused(connection: Connection) -> None:
    head = b"GET / HTTP/1.1\r\nhost: a\r\nx-long: " + b"x" * HEAD_BYTES_MAX
    connection.writer.write(head + b"\r\n\r\n")
    async with asyncio.timeout(20):
        assert b" 431 " in await connection.answer()


async def test_a_large_body_does_not_count_for_the_head_that_begins_behind_it(
    connection: Connection,
) -> None:
    """Both may come off the wire in one piece."""
    length = HEAD_BYTES_MAX + 1
    head = f"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n".encode()
    request = head + b"x" * length
    connection.protocol.data_received(request + request[:10])
    connection.protocol.data_received(request[10:])
    async with asyncio.timeout(20):
        for _ in range(2):
            assert b" 204 " in await connection.reader.readuntil(b"\r\n\r\n")
