"""An outside party that slow checks ask: a real HTTP server whose every answer the test decides."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Question = dict[str, Any]
Reply = tuple[int, bytes]


def _said(answer: dict[str, Any]) -> Reply:
    return 200, json.dumps(answer).encode()


@dataclass
class Door:
    """One endpoint: what was asked there, and what it says."""

    name: str
    asked: list[Question] = field(default_factory=list)
    """Every question that came, whether it was answered or not."""
    tokens: list[str | None] = field(default_factory=list)
    pauses_seconds: float = 0.0
    _reply: Callable[[Question], Reply] = field(default=lambda _: _said({}))
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._open.set()

    @property
    def calls(self) -> int:
        return len(self.asked)

    def answers(self, **fields: Any) -> None:
        self._reply = lambda _: _said(fields)
        self._open.set()

    def decides(self, answer: Callable[[Question], dict[str, Any]]) -> None:
        """Answer each question on its own merits; the features sent are handed over."""
        self._reply = lambda question: _said(answer(question["features"]))
        self._open.set()

    def says(self, status: int, body: bytes) -> None:
        self._reply = lambda _: (status, body)
        self._open.set()

    def fails(self) -> None:
        self.says(500, b"{}")

    def never_answers(self) -> None:
        """Take every question and say nothing, until told otherwise."""
        self._open.clear()

    async def reply(self, question: Question) -> Reply:
        self.asked.append(question)
        await self._open.wait()
        if self.pauses_seconds:
            await asyncio.sleep(self.pauses_seconds)
        return self._reply(question)


@dataclass
class OutsideParty:
    url: str = ""
    doors: dict[str, Door] = field(default_factory=dict)
    _talks: set["asyncio.Task[Any]"] = field(default_factory=set)

    @property
    def connections(self) -> int:
        return len(self._talks)

    def door(self, name: str) -> Door:
        return self.doors.setdefault(name, Door(name))

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the other side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while True:
                    await self._exchange(reader, writer)
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        door = self.door(head[0].split()[1].strip("/"))
        door.tokens.append(headers.get("authorization"))
        status, answer = await _unless_gone(reader, door.reply(json.loads(body)))
        writer.write(
            f"HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n"
            f"content-length: {len(answer)}\r\n\r\n".encode()
            + answer
        )
        await writer.drain()

    async def hang_up(self) -> None:
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _unless_gone(reader: asyncio.StreamReader, reply: Coroutine[Any, Any, Reply]) -> Reply:
    """Stop when the other side hangs up meanwhile; it sends nothing before it has its answer."""
    replying, gone = asyncio.ensure_future(reply), asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait((replying, gone), return_when=asyncio.FIRST_COMPLETED)
        if not replying.done():
            raise ConnectionResetError
        return replying.result()
    finally:
        for task in (replying, gone):
            task.cancel()
        await asyncio.gather(replying, gone, return_exceptions=True)


@asynccontextmanager
async def outside_party() -> AsyncGenerator[OutsideParty]:
    party = OutsideParty()
    server = await asyncio.start_server(party.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    party.url = f"http://127.0.0.1:{port}"
    yield party
    server.close()
    await party.hang_up()
    await server.wait_closed()
