"""A toy service on a real PostgreSQL and a real RabbitMQ, empty before every test."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook
from toy.tables import carried, metadata, note

from common.database.work import WorkFactory
from common.messaging.batch import BatchHandler
from common.messaging.consumer import Consumer
from common.messaging.recovery.course import Policy
from common.messaging.relay import Relay
from common.messaging.subscription import on
from common.messaging.topology import ServiceQueues
from common.telemetry.metrics import Metrics
from support.broker import Broker, open_broker
from support.infrastructure import NewDatabase
from support.waiting import until_true

QUEUES = ServiceQueues("toy", (Noted.routing_key(),))


@pytest.fixture(scope="session")
async def toy_engine(new_database: NewDatabase) -> AsyncEngine:
    return await new_database("toy", carried)


@pytest.fixture
async def engine(toy_engine: AsyncEngine) -> AsyncEngine:
    async with toy_engine.begin() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(table.delete())
    return toy_engine


@pytest.fixture
def works(engine: AsyncEngine) -> WorkFactory:
    return WorkFactory(engine, carried)


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[Broker]:
    async with open_broker(amqp_url) as broker:
        await broker.delete(QUEUES.all())
        await broker.set_up(QUEUES)
        yield broker


@pytest.fixture
def queues() -> ServiceQueues:
    return QUEUES


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def handler(works: WorkFactory, notebook: Notebook) -> BatchHandler:
    return BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)


@dataclass
class Running:
    """A worker inside the test's own process."""

    consumer: Consumer
    relay: Relay
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def kill(self) -> None:
        """End without a goodbye to anybody."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


Work = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def working(handler: BatchHandler, amqp_url: str) -> Work:
    """Consume and relay for the length of a block; by default it begins once both are alive."""

    @asynccontextmanager
    async def work(
        *,
        url: str = amqp_url,
        handler: BatchHandler = handler,
        wait: bool = True,
        policy: Policy | None = None,
    ) -> AsyncGenerator[Running]:
        metrics = Metrics("toy")
        relay = Relay(handler.works.engine, carried, url, metrics, sweeps=False)
        consumer = Consumer(QUEUES, handler, relay, url, metrics, policy or Policy(automatic=False))
        running = Running(consumer, relay)
        jobs = (running.consumer.run(), relay.run())
        async with in_background(*jobs) as tasks:
            running.tasks = tasks
            if wait:
                await until_true(lambda: running.consumer.alive)
            yield running

    return work


@asynccontextmanager
async def in_background(
    *jobs: Coroutine[Any, Any, None],
) -> AsyncGenerator[list["asyncio.Task[None]"]]:
    """Run the jobs for the length of a block; one that fails fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
        yield tasks
        for task in tasks:
            task.cancel()


@pytest.fixture
def background() -> Callable[..., AbstractAsyncContextManager[list["asyncio.Task[None]"]]]:
    return in_background


Read = Callable[[], Awaitable[list[Any]]]


@pytest.fixture
def notes(engine: AsyncEngine) -> Read:
    """Read the texts written down so far."""

    async def read() -> list[Any]:
        async with engine.connect() as connection:
            return list(await connection.scalars(select(note.c.text).order_by(note.c.event_id)))

    return read


@pytest.fixture
def rows(engine: AsyncEngine) -> Callable[[str], Awaitable[int]]:
    """Count the rows of one of the toy's tables."""

    async def count(table: str) -> int:
        async with engine.connect() as connection:
            statement = text(f"select count(*) from toy.{table}")
            return int((await connection.execute(statement)).scalar_one())

    return count


TOY = Path(__file__).parents[1] / "toy_service"


class Ended(NamedTuple):
    status: int | None
    output: str
    errors: str


Tell = Callable[..., Awaitable[Ended]]


@pytest.fixture
def tell(engine: AsyncEngine, amqp_url: str) -> Tell:
    """Run one command of the toy to its end."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def run(*arguments: str, given: str = "") -> Ended:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "toy", *arguments),
            env={**os.environ, "DATABASE_URL": url, "AMQP_URL": amqp_url, "PYTHONPATH": str(TOY)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate(given.encode())
        return Ended(process.returncode, output.decode(), errors.decode())

    return run
