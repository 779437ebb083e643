"""The API as it is served, on a real database that is empty before every test."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from ingest_material.world import SECRETS, Serve, World, alive, client_of, empty, give_keys
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from common.service import api_app
from ingest.store.tables import carried
from ingest.wiring import service
from support.infrastructure import NewDatabase

NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"


@pytest.fixture(scope="session")
async def database(new_database: NewDatabase) -> AsyncEngine:
    engine = await new_database("ingest", carried)
    await give_keys(engine)
    return engine


@pytest.fixture(scope="session")
def database_url(database: AsyncEngine) -> str:
    url = database.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def build(database_url: str) -> Callable[..., ASGIApp]:
    """Make the API; without a broker, so that what was announced stays in the outbox."""

    def make(*, database_url: str = database_url, amqp_url: str = NOBODY_THERE) -> ASGIApp:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", database_url)
            environment.setenv("AMQP_URL", amqp_url)
            environment.setenv("WEBHOOK_SECRETS", json.dumps(SECRETS))
            return api_app(service())

    return make


@pytest.fixture(scope="session")
def serve(build: Callable[..., ASGIApp]) -> Serve:
    """Serve one more API for the length of a block: another process, as far as it can tell."""

    @asynccontextmanager
    async def served(**urls: str) -> AsyncGenerator[httpx.AsyncClient]:
        async with alive(build(**urls)) as app, client_of(app) as client:
            yield client

    return served


@pytest.fixture(scope="session")
async def app(build: Callable[..., ASGIApp]) -> AsyncIterator[ASGIApp]:
    async with alive(build()) as app:
        yield app


@pytest.fixture
async def world(app: ASGIApp, database: AsyncEngine) -> AsyncIterator[World]:
    await empty(database)
    async with client_of(app) as client:
        yield World(database, client)


@pytest.fixture
async def nobody(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a key."""
    async with client_of(app, key=None) as client:
        yield client
