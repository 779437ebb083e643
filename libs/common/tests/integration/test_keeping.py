"""What is kept goes out as a file and comes back; the operation log is proved and restored."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.tables import carried

from common.contracts.event import Cause
from common.database.operation_log import Wanted, page
from common.database.operations import record
from common.database.work import WorkFactory
from common.ids import new_id

Tell = Callable[..., Awaitable[Any]]
Rows = Callable[[str], Awaitable[int]]
EVER = ("--since", "2020-01-01")


async def announce(works: WorkFactory, *texts: str) -> None:
    async with works.begin() as work:
        for text in texts:
            work.publish(
                Noted(order_id=new_id(), text=text), because=Cause(correlation_id=new_id())
            )


async def jot(works: WorkFactory, *names: str) -> None:
    for name in names:
        async with works.begin() as work:
            record(
                work,
                actor="anna",
                action="note.changed",
                subject=("note", name),
                before={"text": "alt, 旧"},
                after={"text": name},
                reason="It rained.",
            )


async def bodies(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        statement = select(carried.event_log).order_by(carried.event_log.c.event_id)
        return [tuple(row) for row in await connection.execute(statement)]


async def done(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        found = await page(connection, carried, Wanted(), after=None, limit=50)
    return [entry.operation.action for entry in reversed(found)]


async def exported(tell: Tell, kind: str, folder: Path) -> Path:
    ended = await tell("export", kind, *EVER)
    assert ended.status == 0, ended.errors
    file = folder / f"{kind}.jsonl"
    file.write_text(ended.output)
    return file


async def test_events_that_were_lost_come_back_as_they_were(
    tell: Tell, works: WorkFactory, engine: AsyncEngine, tmp_path: Path
) -> None:
    await announce(works, "one", "two, 二", "three")
    before = await bodies(engine)
    file = await exported(tell, "events", tmp_path)
    assert len(file.read_text().splitlines()) == 5
    async with engine.begin() as connection:
        await connection.execute(
            delete(carried.event_log).where(carried.event_log.c.event_id != before[0][0])
        )
    ended = await tell("restore", "events", str(file), "--reason", "somebody slipped")
    assert ended.output == "Put back: 2 of 3; the rest was there.\n", ended.errors
    assert await bodies(engine) == before
    ended = await tell("restore", "events", str(file))
    assert ended.output == "Put back: 0 of 3; the rest was there.\n"
    assert await done(engine) == ["events.restored"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [*lines[:2], *lines[2:-1], lines[1], lines[-1]],
        lambda lines: [lines[0].replace("toy", "risk"), *lines[1:]],
        lambda lines: [lines[0].replace("events", "operations"), *lines[1:]],
        lambda lines: [line.replace("three", "four") for line in lines],
        lambda _: ["no JSON"],
        lambda _: [],
    ],
)
async def test_a_file_that_is_not_as_it_was_written_is_refused(
    tell: Tell,
    works: WorkFactory,
    engine: AsyncEngine,
    tmp_path: Path,
    spoil: Callable[[list[str]], list[str]],
) -> None:
    await announce(works, "one", "three")
    file = await exported(tell, "events", tmp_path)
    file.write_text("\n".join(spoil(file.read_text().splitlines())))
    async with engine.begin() as connection:
        await connection.execute(delete(carried.event_log))
    ended = await tell("restore", "events", str(file))
    assert ended.status == 1
    assert "file" in ended.errors
    assert "Traceback" not in ended.errors
    assert await bodies(engine) == []


async def test_what_a_service_does_not_keep_cannot_be_exported(tell: Tell) -> None:
    ended = await tell("export", "decisions", *EVER)
    assert (ended.status, ended.errors) == (1, "toy keeps: events, operations.\n")


async def test_events_of_one_order_are_announced_again(
    tell: Tell, works: WorkFactory, engine: AsyncEngine, rows: Rows
) -> None:
    await announce(works, "one", "two")
    async with engine.begin() as connection:
        await connection.execute(delete(carried.outbox))
        order_id = await connection.scalar(select(carried.event_log.c.order_id).limit(1))
    ended = await tell("re-emit", "--order", str(order_id), "--reason", "it never arrived")
    assert ended.output == "Announced again: 1.\n", ended.errors
    assert await rows("outbox") == 1
    ended = await tell("re-emit", *EVER)
    assert ended.output == "Announced again: 2.\n"
    assert await rows("outbox") == 2
    assert await done(engine) == ["events.re_emitted"] * 2


async def test_announcing_again_has_to_be_told_what_and_to_whom(tell: Tell, rows: Rows) -> None:
    ended = await tell("re-emit")
    assert (ended.status, ended.errors) == (1, "Say which: --order ID, or --since TIME.\n")
    ended = await tell("re-emit", *EVER, "--to", "nobody")
    assert (ended.status, ended.errors) == (1, "Events of toy are read by: -.\n")
    assert await rows("operation") == 0


async def test_operations_are_shown_and_searched(tell: Tell, works: WorkFactory) -> None:
    await jot(works, "one", "two")
    lines = (await tell("operations", "show")).output.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["#2", "#1"]
    assert (
        'anna  note.changed  note:two  {"text": "alt, 旧"} → {"text": "two"}  It rained.'
        in lines[0]
    )
    found = (await tell("operations", "show", "--subject", "note:one")).output.splitlines()
    assert found == lines[1:]


async def test_a_whole_log_is_told_to_be_whole(
    tell: Tell, works: WorkFactory, tmp_path: Path
) -> None:
    await jot(works, "one", "two")
    ended = await tell("operations", "verify")
    assert ended.status == 0, ended.errors
    assert ended.output.startswith("Whole: 2 entries; the last is 2 (")
    file = await exported(tell, "operations", tmp_path)
    ended = await tell("operations", "verify", "--file", str(file))
    assert ended.output.startswith("Whole: 2 entries")
    ended = await tell("operations", "export", *EVER)
    assert (
        ended.output == file.read_text()
        or ended.output.splitlines()[1:] == (file.read_text().splitlines()[1:])
    )


async def test_the_first_broken_entry_is_named(
    tell: Tell, works: WorkFactory, engine: AsyncEngine
) -> None:
    await jot(works, "one", "two", "three")
    changed = update(carried.operation).where(carried.operation.c.number == 2)
    async with engine.begin() as connection:
        await connection.execute(changed.values(actor="bert"))
    ended = await tell("operations", "verify")
    told = "Broken at entry 2: Its content is not what was written.\n"
    assert (ended.status, ended.errors) == (1, told)


async def test_a_log_cut_short_together_with_its_head_shows_against_the_service_s_logs(
    tell: Tell, engine: AsyncEngine, tmp_path: Path
) -> None:
    """Each command tells where the log ends on its way out, as every process of a service does."""
    logs = tmp_path / "logs"
    said = ""
    for name in ("one", "two"):
        key = ("keys", "ensure", name, "--scopes", "toy:read", "--key-stdin")
        said += (await tell(*key, given=f"secret {name}\n")).errors
    logs.write_text(said)
    assert [json.loads(line)["number"] for line in said.splitlines()] == [1, 2]
    ended = await tell("operations", "verify", "--anchors", str(logs))
    assert "Whole: 2 entries, 2 anchors" in ended.output, ended.errors
    async with engine.begin() as connection:
        one = (
            await connection.execute(
                select(carried.operation.c.hash).where(carried.operation.c.number == 1)
            )
        ).scalar_one()
        await connection.execute(delete(carried.operation).where(carried.operation.c.number == 2))
        await connection.execute(update(carried.operation_head).values(number=1, hash=one))
    assert (await tell("operations", "verify")).status == 0
    ended = await tell("operations", "verify", "--anchors", str(logs))
    told = "Broken at entry 2: The log ends at 1; entry 2 was anchored.\n"
    assert (ended.status, ended.errors) == (1, told)


async def test_entries_that_were_taken_out_come_back_and_the_log_is_whole_again(
    tell: Tell, works: WorkFactory, engine: AsyncEngine, tmp_path: Path
) -> None:
    await jot(works, "one", "two", "three")
    file = await exported(tell, "operations", tmp_path)
    async with engine.begin() as connection:
        await connection.execute(delete(carried.operation).where(carried.operation.c.number == 2))
    assert (await tell("operations", "verify")).status == 1
    ended = await tell("restore", "operations", str(file))
    assert ended.output == "Put back: 1 of 3; the rest was there.\n", ended.errors
    assert (await tell("operations", "verify")).status == 0
    assert await done(engine) == [*["note.changed"] * 3, "operations.restored"]


async def test_a_log_that_is_gone_comes_back_with_its_head(
    tell: Tell, works: WorkFactory, engine: AsyncEngine, tmp_path: Path
) -> None:
    await jot(works, "one", "two")
    file = await exported(tell, "operations", tmp_path)
    async with engine.begin() as connection:
        await connection.execute(delete(carried.operation))
        await connection.execute(delete(carried.operation_head))
    ended = await tell("restore", "operations", str(file))
    assert ended.output == "Put back: 2 of 2; the rest was there.\n", ended.errors
    await jot(works, "three")
    assert (await tell("operations", "verify")).output.startswith("Whole: 4 entries")


async def test_entries_that_do_not_fit_are_not_put_back(
    tell: Tell, works: WorkFactory, engine: AsyncEngine, tmp_path: Path
) -> None:
    await jot(works, "one", "two")
    file = await exported(tell, "operations", tmp_path)
    async with engine.begin() as connection:
        await connection.execute(delete(carried.operation))
        await connection.execute(delete(carried.operation_head))
    await jot(works, "another")
    ended = await tell("restore", "operations", str(file))
    assert ended.status == 1
    assert ended.errors.startswith("Nothing was put back. At entry 1: ")
    assert await done(engine) == ["note.changed"]


async def test_keys_are_recorded_once_for_each_change(tell: Tell, engine: AsyncEngine) -> None:
    key = ("keys", "ensure", "robot", "--key-stdin", "--scopes")
    await tell(*key, "toy:read", given="secret\n")
    await tell(*key, "toy:read", given="secret\n")
    await tell(*key, "toy:read", "toy:write", given="secret\n")
    await tell("keys", "revoke", "robot")
    await tell("keys", "revoke", "robot")
    assert await done(engine) == ["key.added", "key.changed", "key.revoked"]


async def test_giving_parked_events_back_is_recorded(tell: Tell, engine: AsyncEngine) -> None:
    ended = await tell("parked", "replay", "--all", "--reason", "the cause is mended")
    assert ended.output == "Given back: 0.\n", ended.errors
    assert await done(engine) == ["parked.replayed"]
