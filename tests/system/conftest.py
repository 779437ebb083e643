"""The whole system, running for real, private to these tests."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping

import httpx
import pytest

from stack import Stack
from support.infrastructure import home_of
from support.outside_party import OutsideParty, outside_party


@pytest.fixture(scope="session")
async def outside() -> AsyncIterator[OutsideParty]:
    """Whom risk may ask for a score."""
    async with outside_party() as party:
        yield party


@pytest.fixture(scope="session")
def system(outside: OutsideParty) -> Iterator[Stack]:
    """All four services with their own database and broker; two workers where work piles up."""
    endpoints = json.dumps({"score": {"url": f"{outside.url}/score"}})
    stack = Stack(home_of("SYSTEM_HOME", "system"), environment={"CHECK_ENDPOINTS": endpoints})
    stack.down()  # one that was left running would ask elsewhere
    stack.up(workers={"risk": 2, "fulfillment": 2})
    yield stack
    stack.down()


@pytest.fixture
async def doors(system: Stack) -> AsyncIterator[Mapping[str, httpx.AsyncClient]]:
    """The API of each service, with a key that may do everything."""
    env = system.env()
    headers = {"Authorization": f"Bearer {env['SLUICE_API_KEY']}"}
    names = ("ingest", "risk", "fulfillment", "reconciliation")
    clients = {
        name: httpx.AsyncClient(base_url=env[f"{name.upper()}_URL"], headers=headers, timeout=30)
        for name in names
    }
    yield clients
    for client in clients.values():
        await client.aclose()
