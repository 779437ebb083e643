"""A TCP proxy that does to connections what networks do: refuse, reset, or swallow everything."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import urlsplit, urlunsplit

CHUNK_BYTES = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Mode(Enum):
    FORWARD = auto()
    REFUSE = auto()
    """New connections are reset; those that are open stay."""
    SWALLOW = auto()
    """New connections are taken and nothing ever comes back: a machine that lost its power."""


class Link:
    """One client's connection through the proxy."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = list(writers)
        self.silent = False

    def reset(self) -> None:
        for writer in self.writers:
            sock: socket.socket | None = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()


class Proxy:
    """Stands between clients and one server; `mode` is for new connections."""

    def __init__(self, target_url: str) -> None:
        self._target = urlsplit(target_url)
        self._links: set[Link] = set()
        self.mode = Mode.FORWARD
        self.port = 0

    @property
    def url(self) -> str:
        """The server's URL, with the proxy in its place."""
        credentials, _, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))

    @property
    def open_links(self) -> int:
        return len(self._links)

    def reset(self) -> None:
        """Reset every open connection; new ones go by the mode."""
        for link in list(self._links):
            link.reset()

    def cut_off(self) -> None:
        """Nobody gets through: open connections are reset and new ones too."""
        self.mode = Mode.REFUSE
        self.reset()

    def swallow(self) -> None:
        """Nothing moves any more, and nobody is told: open connections stay dead for ever."""
        self.mode = Mode.SWALLOW
        for link in self._links:
            link.silent = True

    async def serve(
        self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        link = Link(client)
        if self.mode is Mode.REFUSE:
            link.reset()
            return
        self._links.add(link)
        link.silent = self.mode is Mode.SWALLOW
        try:
            reader, server = await asyncio.open_connection(self._target.hostname, self._target.port)
            link.writers.append(server)
            await asyncio.wait(
                [
                    asyncio.ensure_future(_pump(link, client_reader, server)),
                    asyncio.ensure_future(_pump(link, reader, client)),
                ]
            )
        except OSError:
            link.reset()
        finally:
            self._links.discard(link)
            for writer in link.writers:
                writer.close()


async def _pump(link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            if not link.silent:
                writer.write(chunk)
                await writer.drain()
    if not link.silent:
        with suppress(OSError):
            writer.close()


@asynccontextmanager
async def proxied(target_url: str) -> AsyncGenerator[Proxy]:
    proxy = Proxy(target_url)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.reset()
        await server.wait_closed()
