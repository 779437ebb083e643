"""`python -m <service> <command>`: what every service can be told, in processes of its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

TOY = Path(__file__).parents[1] / "toy_service"

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]


class Ended(NamedTuple):
    status: int | None
    output: str
    errors: str


Tell = Callable[..., Awaitable[Ended]]


@pytest.fixture
def tell(engine: AsyncEngine) -> Tell:
    """Run one command of the toy to its end."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def run(*arguments: str, given: str = "") -> Ended:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "toy", *arguments),
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(TOY)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate(given.encode())
        return Ended(process.returncode, output.decode(), errors.decode())

    return run


async def test_a_command_is_given_its_options(tell: Tell, notes: Read) -> None:
    assert (await tell("jot", "--text", "a", "--times", "2")).status == 0
    assert await notes() == ["a", "a"]


async def test_a_command_without_the_option_it_needs_is_not_begun(tell: Tell, notes: Read) -> None:
    ended = await tell("jot")
    assert ended.status == 2
    assert "--text" in ended.errors
    assert await notes() == []


async def test_a_command_that_is_refused_says_why_and_fails(tell: Tell, notes: Read) -> None:
    ended = await tell("jot", "--text", "nonsense")
    assert ended.status == 1
    assert ended.errors == "Nonsense is not written down.\n"
    assert await notes() == []


async def test_preparing_does_what_else_is_named(tell: Tell, notes: Read, rows: Rows) -> None:
    key = ("somebody", "--scopes", "toy:read", "--key-stdin")
    ended = await tell("prepare", *key, "--also", "greet", given="secret\n")
    assert ended.status == 0, ended.errors
    assert await notes() == ["hello"]
    assert await rows("api_key") == 1


async def test_preparing_takes_no_command_that_has_to_be_told_more(tell: Tell, rows: Rows) -> None:
    key = ("somebody", "--scopes", "toy:read", "--key-stdin")
    ended = await tell("prepare", *key, "--also", "jot", given="secret\n")
    assert ended.status == 2
    assert await rows("api_key") == 0


async def test_every_command_is_listed_with_one_line(tell: Tell) -> None:
    ended = await tell("--help")
    assert ended.status == 0
    assert "Write a text down, 100 % as it is." in ended.output
    assert "Write down a greeting." in ended.output
    assert "not for the list" not in ended.output
