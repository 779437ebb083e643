"""Programs start a few at a time, in order, and one that never gets ready stops nobody for long."""

import asyncio

from stack.turns import Turns

LONG = 3600.0


async def test_so_many_start_at_once_and_the_next_when_one_is_ready() -> None:
    turns = Turns(2, turn_seconds_max=LONG)
    started: list[str] = []

    async def start(name: str) -> None:
        await turns.take(name)
        started.append(name)

    async with asyncio.TaskGroup() as tasks:
        all_started = [tasks.create_task(start(name)) for name in "abcd"]
        await asyncio.wait(all_started[:2])
        assert started == ["a", "b"]
        turns.give_back("b")
        await all_started[2]
        assert started == ["a", "b", "c"]
        turns.give_back("b")  # once ready it is asked again and again
        await asyncio.sleep(0)
        assert started == ["a", "b", "c"]
        turns.give_back("a")
    assert started == ["a", "b", "c", "d"]


async def test_who_dies_while_it_starts_keeps_its_turn() -> None:
    turns = Turns(1, turn_seconds_max=LONG)
    await turns.take("a")
    await turns.take("a")
    turns.give_back("a")
    await turns.take("b")


async def test_who_never_gets_ready_loses_its_turn() -> None:
    turns = Turns(1, turn_seconds_max=0.01)
    await turns.take("a")
    await turns.take("b")
