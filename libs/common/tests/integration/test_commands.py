"""`python -m <service> <command>`: what every service can be told, in processes of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]


Tell = Callable[..., Awaitable[Any]]


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
