"""Group commit: requests share transactions, and nobody is answered before the commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Echoed
from toy.tables import carried, note

from common.contracts.event import Cause
from common.database import group_commit
from common.database.engine import open_engine
from common.database.group_commit import GroupCommit, Overloaded
from common.database.rows import Columns, insert_rows
from common.database.work import Announced, Work, WorkFactory
from common.errors import Collided, Unavailable
from common.ids import new_id
from support.proxy import Mode, proxied
from support.waiting import until, until_true

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]
Background = Callable[..., AbstractAsyncContextManager[list["asyncio.Task[None]"]]]
Group = GroupCommit[str, str]


class Desk:
    """Writes each text down and answers with it, except for the texts that ask for trouble."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.announced: list[Announced] = []
        self.collisions = 0

    async def handle(self, texts: Sequence[str], work: Work) -> Sequence[str | Exception]:
        self.groups.append(list(texts))
        if "bad" in texts:
            raise LookupError("bad")
        if "too few answers" in texts:
            return []
        if self.collisions:
            self.collisions -= 1
            raise Collided("met somebody")
        kept = [one for one in texts if one != "refused"]
        columns: Columns = {
            "event_id": [new_id() for _ in kept],
            "text": kept,
            "detail": ["{}"] * len(kept),
        }
        await insert_rows(work.connection, note, columns)
        for one in kept:
            event = Echoed(order_id=new_id(), text=one)
            work.publish(event, because=Cause(correlation_id=new_id()))
        return [ValueError("refused") if one == "refused" else one for one in texts]

    def group(self, works: WorkFactory) -> Group:
        return GroupCommit(works, self.handle, self.announced.extend)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def group(works: WorkFactory, desk: Desk, background: Background) -> AsyncIterator[Group]:
    group = desk.group(works)
    async with background(group.run()):
        yield group


async def submitted(group: Group, *texts: str) -> list[str | BaseException]:
    return await asyncio.gather(*map(group.submit, texts), return_exceptions=True)


async def test_concurrent_requests_share_few_transactions(
    group: Group, desk: Desk, engine: AsyncEngine, rows: Rows
) -> None:
    texts = [f"{number}" for number in range(100)]
    assert await submitted(group, *texts) == texts
    async with engine.connect() as connection:
        statement = text("select count(distinct xid) from toy.note")
        transactions = (await connection.execute(statement)).scalar_one()
    assert transactions <= 5
    assert await rows("note") == await rows("outbox") == 100
    assert len(desk.announced) == 100


async def test_more_than_a_group_holds_is_done_in_several(group: Group, desk: Desk) -> None:
    texts = [f"{number}" for number in range(450)]
    assert await submitted(group, *texts) == texts
    assert max(map(len, desk.groups)) <= group_commit.ITEMS_MAX


async def test_one_bad_item_does_not_fail_the_others(group: Group, notes: Read) -> None:
    first, bad, last = await submitted(group, "a", "bad", "b")
    assert (first, last) == ("a", "b")
    assert isinstance(bad, LookupError)
    assert sorted(await notes()) == ["a", "b"]


async def test_a_refusal_is_an_answer_like_any_other(group: Group, desk: Desk, notes: Read) -> None:
    first, refused, last = await submitted(group, "a", "refused", "b")
    assert (first, last) == ("a", "b")
    assert isinstance(refused, ValueError)
    assert len(desk.groups) == 1
    assert sorted(await notes()) == ["a", "b"]


async def test_a_collision_is_tried_again_together(group: Group, desk: Desk, rows: Rows) -> None:
    desk.collisions = 2
    assert await submitted(group, "a", "b") == ["a", "b"]
    assert desk.groups == [["a", "b"]] * 3
    assert await rows("note") == len(desk.announced) == 2


async def test_whoever_stopped_waiting_gets_nothing_done(
    works: WorkFactory, desk: Desk, background: Background, notes: Read
) -> None:
    group = desk.group(works)
    gone = asyncio.ensure_future(group.submit("gone"))
    here = asyncio.ensure_future(group.submit("here"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    async with background(group.run()):
        assert await here == "here"
    assert await notes() == ["here"]


async def test_whoever_stops_waiting_while_others_fail_gets_nothing_done(
    works: WorkFactory, desk: Desk, background: Background, notes: Read
) -> None:
    """The group failed and is done one by one; meanwhile somebody leaves."""
    group = desk.group(works)
    waiting = {one: asyncio.ensure_future(group.submit(one)) for one in ("bad", "a", "gone")}
    waiting["bad"].add_done_callback(lambda _: waiting["gone"].cancel())
    async with background(group.run()):
        await asyncio.wait(waiting.values())
        assert await group.submit("b") == "b"
    assert waiting["a"].result() == "a"
    assert isinstance(waiting["bad"].exception(), LookupError)
    assert sorted(await notes()) == ["a", "b"]


async def test_an_answer_too_few_is_an_error_and_not_the_end(group: Group, notes: Read) -> None:
    assert isinstance((await submitted(group, "too few answers"))[0], ValueError)
    assert await submitted(group, "a") == ["a"]
    assert await notes() == ["a"]


async def test_too_many_waiting_are_sent_away(
    works: WorkFactory, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "WAITING_MAX", 2)
    group = desk.group(works)
    waiting = [asyncio.ensure_future(group.submit(one)) for one in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await group.submit("c")
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)


async def test_whoever_waits_too_long_is_told_so(
    works: WorkFactory, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "SUBMIT_SECONDS_MAX", 0.05)
    with pytest.raises(Unavailable):
        await desk.group(works).submit("a")


async def test_what_was_given_up_may_be_done_yet(
    group: Group, engine: AsyncEngine, notes: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody may be told that it was not: here its commit waits for somebody's lock."""
    monkeypatch.setattr(group_commit, "SUBMIT_SECONDS_MAX", 0.2)
    async with engine.connect() as other:
        await other.execute(text("lock table toy.outbox in exclusive mode"))
        with pytest.raises(Unavailable) as told:
            await group.submit("a")
        assert not isinstance(told.value, Overloaded)
        await other.rollback()
    await until(notes)
    assert await notes() == ["a"]


async def test_nobody_is_answered_before_the_commit(
    group: Group, desk: Desk, engine: AsyncEngine, notes: Read
) -> None:
    """The outbox is written last, right before the commit; here somebody else has it locked."""
    async with engine.connect() as other:
        await other.execute(text("lock table toy.outbox in exclusive mode"))
        answer = asyncio.ensure_future(group.submit("a"))

        async def is_blocked() -> bool:
            async with engine.connect() as connection:
                statement = text(
                    "select count(*) from pg_locks join pg_class on pg_class.oid = relation"
                    " where relname = 'outbox' and not granted"
                )
                return bool((await connection.execute(statement)).scalar_one())

        await until(is_blocked)
        assert desk.groups == [["a"]]
        assert not answer.done()
        assert desk.announced == []
        assert await notes() == []
        await other.rollback()
    assert await answer == "a"
    assert await notes() == ["a"]
    assert len(desk.announced) == 1


async def test_without_a_database_everybody_is_told_and_later_all_is_well(
    works: WorkFactory, desk: Desk, background: Background, notes: Read
) -> None:
    url = works.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with proxied(url) as proxy:
        engine = open_engine(proxy.url, application="toy", connections_max=2)
        group = desk.group(WorkFactory(engine, carried))
        async with background(group.run()):
            assert await submitted(group, "a") == ["a"]
            mode = proxy.mode
            proxy.cut_off()
            answers = await submitted(group, "b", "c")
            assert all(isinstance(answer, Exception) for answer in answers)
            await until_true(lambda: not group._waiting)
            proxy.mode = mode
            assert await submitted(group, "d") == ["d"]
        await engine.dispose()
    assert sorted(await notes()) == ["a", "d"]


async def test_connections_that_died_unused_cost_nobody_an_error(
    works: WorkFactory, desk: Desk, background: Background, notes: Read
) -> None:
    url = works.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with proxied(url) as proxy:
        engine = open_engine(proxy.url, application="toy", connections_max=2)
        group = desk.group(WorkFactory(engine, carried))
        async with background(group.run()):
            assert await submitted(group, "a") == ["a"]
            proxy.reset()
            assert await submitted(group, "b", "c") == ["b", "c"]
        await engine.dispose()
    assert sorted(await notes()) == ["a", "b", "c"]
    assert group.pace.failing_since is None


async def test_whoever_is_not_begun_in_time_is_told_that_nothing_was_done(
    group: Group, desk: Desk, engine: AsyncEngine, notes: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine.connect() as other:
        await other.execute(text("lock table toy.outbox in exclusive mode"))
        first = asyncio.ensure_future(group.submit("a"))
        await until_true(lambda: desk.groups == [["a"]])
        monkeypatch.setattr(group_commit, "SUBMIT_SECONDS_MAX", 0.05)
        with pytest.raises(Overloaded):
            await group.submit("b")
        await other.rollback()
    assert await first == "a"
    monkeypatch.undo()
    assert await submitted(group, "c") == ["c"]
    assert sorted(await notes()) == ["a", "c"]


async def test_a_commit_that_does_not_end_is_given_up_and_later_all_is_well(
    works: WorkFactory, desk: Desk, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = works.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with proxied(url) as proxy:
        engine = open_engine(proxy.url, application="toy", connections_max=2)
        group = desk.group(WorkFactory(engine, carried))
        async with background(group.run()):
            assert await submitted(group, "a") == ["a"]
            proxy.swallow()
            monkeypatch.setattr(group_commit, "COMMIT_SECONDS_MAX", 0.2)
            (told,) = await submitted(group, "b")
            assert isinstance(told, Unavailable)
            assert not isinstance(told, Overloaded)
            assert group.pace.failing_since is not None
            monkeypatch.undo()
            proxy.mode = Mode.FORWARD
            assert await submitted(group, "c") == ["c"]
            assert group.pace.failing_since is None
        proxy.reset()
        await engine.dispose()
