"""A steady stream of orders from a process of its own, until it is told to stop.

An open loop: an answer that is late does not make the next order late. A shop has no patience: what
is not answered in time, or not with a 2xx, counts as not accepted, whatever became of it.
"""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_longlong
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

import uvloop

from common.ids import new_id
from loadtest.orders import webhook
from loadtest.sender import Connection, order_id

CONNECTIONS = 48
PATIENCE_SECONDS = 10.0
RECONNECT_SECONDS = 0.5


class _Counter(Protocol):
    """A number in memory that both processes see."""

    value: int


@dataclass
class Journal:
    """What was accepted, kept outside of the system."""

    due: dict[str, float] = field(default_factory=dict)
    """Order id -> wall-clock seconds when its webhook was due."""
    answered: dict[str, float] = field(default_factory=dict)
    """Order id -> wall-clock seconds when it was accepted."""
    refused_at: list[float] = field(default_factory=list)
    """When those were due that were not accepted."""

    @property
    def refused(self) -> int:
        return len(self.refused_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    port: int
    secret: str
    rate: float
    run: str


@dataclass
class Load:
    """The stream, seen from outside."""

    run: str
    """What the channel's order numbers begin with."""
    _accepted: _Counter
    journal: Journal = field(default_factory=Journal)
    """Filled when the stream has ended."""

    @property
    def accepted(self) -> int:
        """Orders accepted so far."""
        return self._accepted.value


@contextmanager
def sending(env: Mapping[str, str], rate: float) -> Iterator[Load]:
    """Send so many orders a second while the block runs."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    accepted = context.Value(c_longlong, 0)
    ours, theirs = context.Pipe(duplex=False)
    stream = _Stream(
        port=urlsplit(env["INGEST_URL"]).port or 80,
        secret=env["WEBHOOK_SECRET_SHOPIFY"],
        rate=rate,
        run=new_id().hex[-10:],
    )
    process = context.Process(target=_run, args=(stream, stop, accepted, theirs), daemon=True)
    process.start()
    theirs.close()
    load = Load(stream.run, accepted)
    try:
        yield load
    finally:
        stop.set()
        load.journal = ours.recv()
        process.join()


def _run(stream: _Stream, stop: Event, accepted: _Counter, result: Pipe) -> None:
    result.send(uvloop.run(_send(stream, stop, accepted)))


async def _send(stream: _Stream, stop: Event, accepted: _Counter) -> Journal:
    journal, random, numbers = Journal(), Random(stream.run), itertools.count()
    begin, begin_wall = time.monotonic(), time.time()

    async def work() -> None:
        connection: Connection | None = None
        for number in numbers:
            due = number / stream.rate
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            if stop.is_set():
                return
            request = webhook(number, random, secret=stream.secret, run=stream.run)
            try:
                connection = connection or await _connected(stream.port)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    ok, body = await connection.send(request)
            except (OSError, TimeoutError):
                ok, body, connection = False, b"", None
                await asyncio.sleep(RECONNECT_SECONDS)
            if ok:
                accepted.value += 1
                journal.due[order_id(body)] = begin_wall + due
                journal.answered[order_id(body)] = time.time()
            else:
                journal.refused_at.append(begin_wall + due)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(work())
    return journal


async def _connected(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, "127.0.0.1", port
    )
    return connection
