"""A check of the checker: with a delivery rule broken, the ordeal must find something wrong.

Run by `make mutants`; not part of `make test`, since it only tells something about the tests.
"""

import asyncio
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutants.broken import MUTANTS
from stack import Service, Stack
from stack.services import SERVICES
from support.ordeal import deliver_again, freeze_and_kill_the_broker, kill, ordeal

ROOT = Path(__file__).parents[2]
TRIES = 4


def mutated(service: Service, mutant: str) -> Service:
    program = (sys.executable, "-m", "mutants.broken", mutant, service.name)
    return dataclasses.replace(service, api=(*program, "api"), worker=(*program, "worker"))


@pytest.fixture(params=MUTANTS)
def broken_system(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    home = Path(os.environ.get("MUTANTS_HOME", ROOT / ".local" / "mutants"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    stack = Stack(home, tuple(mutated(service, request.param) for service in SERVICES))
    stack.up()
    yield stack
    stack.down(wipe=True)


async def _rounds_of_kills(stack: Stack) -> None:
    """Kill what each rule protects against, a few times, so that the moment is hit."""
    workers = [name for name in stack.processes() if "worker" in name]
    await deliver_again(stack)
    await freeze_and_kill_the_broker(stack)
    await asyncio.to_thread(stack.wait_ready, 90)
    for names in (workers, ["ingest-api"], workers, ["postgres"]):
        await kill(stack, *names)
        await asyncio.to_thread(stack.wait_ready, 90, names)


async def test_the_ordeal_notices(broken_system: Stack) -> None:
    wrong: list[str] = []
    for _ in range(TRIES):
        _, wrong = await ordeal(broken_system, _rounds_of_kills, seconds=30, per_second=100)
        if wrong:
            break
    print("\n".join(wrong))
    assert wrong, "a broken rule went unnoticed"
