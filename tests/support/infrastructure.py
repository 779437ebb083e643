"""A real PostgreSQL and a real RabbitMQ, private to the tests, started when first asked for."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.engine import open_engine
from common.database.migrating import migrate
from common.database.schema import Carried
from common.ids import new_id
from stack import Stack

ROOT = Path(__file__).parents[2]

NewDatabase = Callable[[str, Carried], Awaitable[AsyncEngine]]


def url_of(engine: AsyncEngine) -> str:
    """Return the URL of its database, with the password, as a service is told it."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def home_of(variable: str, name: str) -> Path:
    """Return where a stack for tests lives; each of several test processes has one of its own."""
    home = Path(os.environ.get(variable, ROOT / ".local" / name))
    process = os.environ.get("PYTEST_XDIST_WORKER", "")
    return home.with_name(f"{home.name}-{process}") if process else home


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Mapping[str, str]]:
    """DATABASE_URL and AMQP_URL of servers that belong to the tests alone.

    Servers that run already, because somebody keeps them up between runs, are left running.
    """
    stack = Stack(home_of("TEST_HOME", "test"))
    started = stack.up(only_infrastructure=True)
    yield stack.env()
    if started:
        stack.down()


@pytest.fixture(scope="session")
def amqp_url(infrastructure: Mapping[str, str]) -> str:
    return infrastructure["AMQP_URL"]


@pytest.fixture(scope="session")
async def new_database(infrastructure: Mapping[str, str]) -> AsyncIterator[NewDatabase]:
    """Make a database of its own, migrated for one service; all are dropped at the end."""
    server = infrastructure["DATABASE_URL"]
    made: list[tuple[str, AsyncEngine]] = []
    admin = open_engine(server, application="tests", connections_max=2)

    async def make(service: str, tables: Carried) -> AsyncEngine:
        name = f"test_{service}_{new_id().hex}"
        async with admin.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.execute(text(f'create database "{name}"'))
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        engine = open_engine(url, application=f"test-{service}", connections_max=12)
        made.append((name, engine))
        await migrate(engine, service, tables)
        return engine

    yield make
    for name, engine in made:
        await engine.dispose()
        async with admin.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.execute(text(f'drop database "{name}" with (force)'))
    await admin.dispose()
