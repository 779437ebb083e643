"""A steady stream of orders from a process of its own, until it is told to stop.

An open loop: an answer that is late does not make the next order late.
"""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event
from random import Random
from urllib.parse import urlsplit

import uvloop

from common.ids import new_id
from loadtest.orders import webhook
from loadtest.sender import Connection, order_id

CONNECTIONS = 32


@dataclass
class Journal:
    """What was accepted, kept outside of the system."""

    due: dict[str, float] = field(default_factory=dict)
    """Order id -> wall-clock seconds when its webhook was due."""
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    port: int
    secret: str
    rate: float
    run: str


@dataclass
class Load:
    """The stream, seen from outside."""

    journal: Journal = field(default_factory=Journal)
    """Filled when the stream has ended."""


@contextmanager
def sending(env: Mapping[str, str], rate: float) -> Iterator[Load]:
    """Send so many orders a second while the block runs."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    ours, theirs = context.Pipe(duplex=False)
    stream = _Stream(
        port=urlsplit(env["INGEST_URL"]).port or 80,
        secret=env["WEBHOOK_SECRET_SHOPIFY"],
        rate=rate,
        run=new_id().hex[-10:],
    )
    process = context.Process(target=_run, args=(stream, stop, theirs), daemon=True)
    process.start()
    theirs.close()
    load = Load()
    try:
        yield load
    finally:
        stop.set()
        load.journal = ours.recv()
        process.join()


def _run(stream: _Stream, stop: Event, result: Pipe) -> None:
    result.send(uvloop.run(_send(stream, stop)))


async def _send(stream: _Stream, stop: Event) -> Journal:
    journal, random, numbers = Journal(), Random(stream.run), itertools.count()
    begin, begin_wall = time.monotonic(), time.time()
    loop = asyncio.get_running_loop()

    async def work() -> None:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", stream.port)
        for number in numbers:
            due = number / stream.rate
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            if stop.is_set():
                return
            request = webhook(number, random, secret=stream.secret, run=stream.run)
            accepted, body = await connection.send(request)
            if accepted:
                journal.due[order_id(body)] = begin_wall + due
            else:
                journal.refused += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(work())
    return journal
