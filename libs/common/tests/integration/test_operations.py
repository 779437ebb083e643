"""The operation log in the database: recorded with the work, chained, found and verified."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.tables import carried

from common.database.operation_chain import Entry, Inspection
from common.database.operation_log import Wanted, head, inspect, page
from common.database.operations import record
from common.database.work import WorkFactory
from common.ids import new_id

EVERYTHING = Wanted()


async def jot(works: WorkFactory, subject: str, *, actor: str = "anna", reason: str = "so") -> None:
    async with works.begin() as work:
        record(
            work,
            actor=actor,
            action="note.changed",
            subject=("note", subject),
            before={"text": "old"},
            after={"text": subject, "at": work.now, "amount_minor": 1_250},
            reason=reason,
        )


async def jot_and_fail(works: WorkFactory) -> None:
    async with works.begin() as work:
        record(work, actor="anna", action="note.lost", subject=("note", "two"))
        raise RuntimeError


async def found(engine: AsyncEngine, wanted: Wanted = EVERYTHING) -> list[Entry]:
    async with engine.connect() as connection:
        return await page(connection, carried, wanted, after=None, limit=200)


async def inspected(engine: AsyncEngine, anchors: dict[int, bytes] | None = None) -> Inspection:
    async with engine.connect() as connection:
        return await inspect(connection, carried, anchors or {})


async def test_an_operation_is_committed_with_its_work_or_not_at_all(
    works: WorkFactory, engine: AsyncEngine
) -> None:
    await jot(works, "one")
    with pytest.raises(RuntimeError):
        await jot_and_fail(works)
    (entry,) = await found(engine)
    assert (entry.number, entry.operation.subject_id) == (1, "one")
    assert entry.operation.before == {"text": "old"}
    assert (await inspected(engine)).fault is None


async def test_several_at_once_make_one_chain(works: WorkFactory, engine: AsyncEngine) -> None:
    await asyncio.gather(*(jot(works, str(number)) for number in range(20)))
    assert [entry.number for entry in await found(engine)] == list(range(20, 0, -1))
    inspection = await inspected(engine)
    assert (inspection.entries, inspection.fault) == (20, None)


async def test_several_of_one_work_follow_each_other(
    works: WorkFactory, engine: AsyncEngine
) -> None:
    async with works.begin() as work:
        for name in ("one", "two", "three"):
            record(work, actor="anna", action="note.added", subject=("note", name))
    assert [e.operation.subject_id for e in await found(engine)] == ["three", "two", "one"]
    assert (await inspected(engine)).fault is None


async def test_a_work_without_operations_does_not_touch_the_log(
    works: WorkFactory, engine: AsyncEngine
) -> None:
    """Orders on their way must never wait for each other at the end of the log."""
    await jot(works, "one")
    async with engine.connect() as busy:
        await busy.execute(text("select 1 from toy.operation_head for update"))
        async with works.begin([new_id()]):
            pass


async def test_an_entry_is_found_by_whatever_is_known_of_it(
    works: WorkFactory, engine: AsyncEngine
) -> None:
    order_id = new_id()
    await jot(works, "50%_off", actor="anna", reason="Because it rained.")
    async with works.begin() as work:
        record(
            work,
            actor="bert",
            action="order.held",
            subject=("order", order_id),
            order_id=order_id,
            after={"门店": "上海"},
        )
        now = work.now
    for wanted, subjects in {
        Wanted(actor="anna"): ["50%_off"],
        Wanted(action="order.held"): [str(order_id)],
        Wanted(subject="50%_off"): ["50%_off"],
        Wanted(subject="note"): ["50%_off"],
        Wanted(subject=f"order:{order_id}"): [str(order_id)],
        Wanted(order_id=order_id): [str(order_id)],
        Wanted(text="IT RAINED"): ["50%_off"],
        Wanted(text="50%_o"): ["50%_off"],
        Wanted(text="5_%"): [],
        Wanted(text="1250"): ["50%_off"],
        Wanted(since=now): [str(order_id)],
        Wanted(until=now): ["50%_off"],
        Wanted(since=now + timedelta(seconds=1)): [],
        Wanted(actor="anna", action="order.held"): [],
    }.items():
        assert [e.operation.subject_id for e in await found(engine, wanted)] == subjects, wanted


async def test_content_in_other_letters_is_found_too(
    works: WorkFactory, engine: AsyncEngine
) -> None:
    async with works.begin() as work:
        record(
            work, actor="anna", action="shop.renamed", subject=("shop", 1), after={"name": "上海"}
        )
    assert len(await found(engine, Wanted(text="上海"))) == 1


async def test_pages_follow_each_other(works: WorkFactory, engine: AsyncEngine) -> None:
    for number in range(5):
        await jot(works, str(number))
    async with engine.connect() as connection:
        first = await page(connection, carried, EVERYTHING, after=None, limit=2)
        rest = await page(connection, carried, EVERYTHING, after=first[-1].number, limit=10)
    assert [entry.number for entry in [*first, *rest]] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "statement",
    [
        update(carried.operation).where(carried.operation.c.number == 2).values(reason="other"),
        delete(carried.operation).where(carried.operation.c.number == 2),
        update(carried.operation).where(carried.operation.c.number == 2).values(number=1),
    ],
)
async def test_what_somebody_does_to_a_row_shows(
    works: WorkFactory, engine: AsyncEngine, statement: object
) -> None:
    for number in range(3):
        await jot(works, str(number))
    async with engine.begin() as connection:
        await connection.execute(statement)  # type: ignore[call-overload]
    fault = (await inspected(engine)).fault
    assert fault is not None
    assert fault.number in {1, 2, 3}


async def test_a_log_cut_short_shows(works: WorkFactory, engine: AsyncEngine) -> None:
    for number in range(3):
        await jot(works, str(number))
    async with engine.begin() as connection:
        kept = await head(connection, carried)
        await connection.execute(delete(carried.operation).where(carried.operation.c.number == 3))
    fault = (await inspected(engine)).fault
    assert fault is not None
    assert fault.number == 3
    async with engine.begin() as connection:
        two = (
            await connection.execute(
                select(carried.operation.c.hash).where(carried.operation.c.number == 2)
            )
        ).scalar_one()
        await connection.execute(update(carried.operation_head).values(number=2, hash=two))
    assert (await inspected(engine)).fault is None, "the head was forged as well"
    fault = (await inspected(engine, {kept.number: kept.hash})).fault
    assert fault is not None, "but not what was told outside"
