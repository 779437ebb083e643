"""Whole processes: one that is killed by what it handles, and one that is told to stop."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted

from common.contracts.event import Message
from common.ids import new_id
from common.messaging import parking
from common.messaging.topology import ServiceQueues
from support.broker import Broker, headers_of, message_of, packed
from support.waiting import until

TOY = Path(__file__).parents[1] / "toy_service"
POISON = "poison"
CRASHED = b"86"
CRASHES_MAX = 10
STOP_SECONDS_MAX = 20

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]


def noted(*texts: str) -> list[Message[Any]]:
    return [message_of(Noted(order_id=new_id(), text=text)) for text in texts]


@asynccontextmanager
async def toy(
    *arguments: str, engine: AsyncEngine, amqp_url: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "AMQP_URL": amqp_url, "PYTHONPATH": str(TOY)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_an_event_that_kills_its_process_is_found_and_parked_alone(
    engine: AsyncEngine, amqp_url: str, broker: Broker, queues: ServiceQueues, notes: Read
) -> None:
    texts = [f"good {number:02}" for number in range(60)]
    messages = noted(*texts)
    poison = noted(POISON)[0]
    messages.insert(37, poison)
    await broker.put(
        queues.main, *(packed(*messages[start : start + 10]) for start in range(0, 61, 10))
    )

    async def all_settled() -> bool:
        return len(await notes()) == 60 and await broker.count(queues.parked) == 1

    async with toy("toy.restarting", engine=engine, amqp_url=amqp_url) as process:
        await until(all_settled, seconds=90)
        process.send_signal(signal.SIGTERM)
        output, _ = await process.communicate()
    assert sorted(await notes()) == sorted(texts)
    (parked,) = await parking.listed(amqp_url, queues)
    assert parked.event_id == str(poison.event_id)
    assert parked.reason.startswith("ended its process")
    deaths = Counter(line for line in output.splitlines() if line.removeprefix(b"-").isdigit())
    assert set(deaths) == {CRASHED}
    assert deaths[CRASHED] <= CRASHES_MAX


async def test_a_worker_that_is_told_to_stop_finishes_and_wears_out_nothing(
    engine: AsyncEngine, amqp_url: str, broker: Broker, queues: ServiceQueues, rows: Rows
) -> None:
    packs = [packed(*noted(*[f"{pack} {number}" for number in range(5)])) for pack in range(500)]
    async with toy("toy", "worker", engine=engine, amqp_url=amqp_url) as process:
        await broker.put(queues.main, *packs)

        async def is_working() -> bool:
            return await rows("note") > 0

        await until(is_working, seconds=60)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS_MAX):
            output, errors = await process.communicate()
        assert process.returncode == 0, (output, errors)
    left = await broker.take(queues.main)
    assert {headers_of(message).get("x-delivery-count", 0) for message in left} <= {0}
    assert await rows("note") + 5 * len(left) == 5 * len(packs)
    assert b"Traceback" not in errors


async def test_a_worker_stops_though_the_broker_is_away(engine: AsyncEngine) -> None:
    nobody = "amqp://guest:guest@127.0.0.1:1/"
    async with toy("toy", "worker", engine=engine, amqp_url=nobody) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while b"session.lost" not in await process.stdout.readline():
                pass
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await process.communicate()
    assert process.returncode == 0
