"""The API does what it says of itself, whatever it is sent."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
from ingest_material.world import World, client_of
from schemathesis import Case
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from common.http.auth import ensure_key
from ingest.store.tables import carried
from support.described import conforms, operations_of, try_out

EXAMPLES = int(os.environ.get("DESCRIBED_EXAMPLES", "4"))
"""Of each operation: right and wrong ones take turns."""
# What runs beside, such as the relay that looks for its broker, draws random numbers as well.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
SCOPES = ["ingest:read", "ingest:write", "ingest:map"]
OPEN = "/v1/webhooks/"
"""What channels call: they sign instead."""


@pytest.fixture
async def everything(
    world: World, app: ASGIApp, database: AsyncEngine
) -> AsyncIterator[httpx.AsyncClient]:
    """One who may do all there is, where there is something to do it with."""
    async with database.begin() as connection:
        await ensure_key(connection, carried, name="everything", key="everything", scopes=SCOPES)
    await world.accepted()
    await world.quarantined(channel_order_no="M-1002")
    async with client_of(app, "everything") as client:
        yield client


async def test_every_answer_is_one_that_is_described(everything: httpx.AsyncClient) -> None:
    for operation in (await operations_of(everything)).values():
        await try_out(everything, operation, conforms, EXAMPLES)


async def test_nothing_is_answered_to_who_has_no_key(
    world: World, nobody: httpx.AsyncClient
) -> None:
    before = await world.counts()

    def is_refused(_: Case, answer: httpx.Response) -> None:
        assert answer.status_code in {401, 404, 405}, answer.text  # the path may be another's

    for name, operation in (await operations_of(nobody)).items():
        if "/v1/" in name and OPEN not in name:
            await try_out(nobody, operation, is_refused, 3)
    assert await world.counts() == before
