"""Reconnect = rebuild, in virtual time."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from common.errors import Unavailable
from common.messaging import rebuilding
from common.messaging.rebuilding import WAIT_SECONDS_MAX, outlast, rebuild_for_ever

T = TypeVar("T")


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next thing due instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__(_Impatient(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Impatient(selectors.SelectSelector):
    def __init__(self, loop: VirtualTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.now += timeout or 0
        return super().select(0)


Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualTime]:
    loop = VirtualTime()
    monkeypatch.setattr(rebuilding, "monotonic_seconds", loop.time)
    yield loop
    loop.close()


def test_the_wait_between_failures_grows_and_is_bounded(loop: VirtualTime) -> None:
    times: list[float] = []

    async def session() -> None:
        times.append(loop.time())
        if len(times) <= 60:
            raise ConnectionError

    loop.run_until_complete(rebuild_for_ever(session, what="test"))
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert max(waits) <= WAIT_SECONDS_MAX
    assert max(waits[:3]) <= 1
    assert sum(waits[-40:]) / 40 > WAIT_SECONDS_MAX / 5


def test_the_wait_starts_over_after_a_session_that_lasted(loop: VirtualTime) -> None:
    times: list[float] = []

    async def session() -> None:
        times.append(loop.time())
        if len(times) == 30:
            await asyncio.sleep(60)
        if len(times) <= 32:
            raise ConnectionError

    loop.run_until_complete(rebuild_for_ever(session, what="test"))
    assert times[31] - times[29] <= 60 + 0.4


def test_it_ends_when_a_session_ends_in_peace(loop: VirtualTime) -> None:
    async def session() -> None:
        pass

    loop.run_until_complete(rebuild_for_ever(session, what="test"))


async def _cancelled_after(seconds: float, job: Awaitable[None]) -> bool:
    task = asyncio.ensure_future(job)
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task], timeout=100)
    return task.cancelled()


def test_a_cancellation_ends_it_within_a_session(loop: VirtualTime) -> None:
    async def session() -> None:
        await asyncio.Event().wait()

    job = rebuild_for_ever(session, what="test")
    assert loop.run_until_complete(_cancelled_after(1, job))


def test_a_cancellation_ends_it_between_sessions(loop: VirtualTime) -> None:
    async def session() -> None:
        raise ConnectionError

    job = rebuild_for_ever(session, what="test")
    assert loop.run_until_complete(_cancelled_after(7, job))


def test_a_cancellation_ends_it_also_where_something_fails_meanwhile(loop: VirtualTime) -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError

    async def session() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fails_when_cancelled())

    job = rebuild_for_ever(session, what="test")
    assert loop.run_until_complete(_cancelled_after(1, job))


def test_a_cancellation_that_is_swallowed_is_repeated(loop: VirtualTime) -> None:
    async def session() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    job = rebuild_for_ever(session, what="test")
    assert loop.run_until_complete(_cancelled_after(1, job))


def test_a_cancellation_by_the_client_is_a_failure_like_any_other(loop: VirtualTime) -> None:
    """aiormq cancels whoever waits when it gives up a silent connection."""
    sessions: list[None] = []

    async def session() -> None:
        sessions.append(None)
        if len(sessions) < 3:
            raise asyncio.CancelledError

    loop.run_until_complete(rebuild_for_ever(session, what="test"))
    assert len(sessions) == 3


def test_a_failure_inside_a_task_group_is_one_to_rebuild_after(loop: VirtualTime) -> None:
    sessions: list[None] = []

    async def fail() -> None:
        raise OSError

    async def session() -> None:
        sessions.append(None)
        if len(sessions) < 3:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())

    loop.run_until_complete(rebuild_for_ever(session, what="test"))
    assert len(sessions) == 3


def test_a_database_that_is_away_is_outlasted(loop: VirtualTime) -> None:
    calls: list[None] = []

    async def call() -> str:
        calls.append(None)
        if len(calls) < 20:
            raise Unavailable
        return "done"

    assert loop.run_until_complete(outlast(call, asyncio.Event())) == "done"
    assert loop.time() > 5


def test_nothing_is_outlasted_while_stopping(loop: VirtualTime) -> None:
    stopping = asyncio.Event()
    stopping.set()

    async def call() -> None:
        raise Unavailable

    with pytest.raises(Unavailable):
        loop.run_until_complete(outlast(call, stopping))


def test_only_absence_is_outlasted(loop: VirtualTime) -> None:
    async def call() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        loop.run_until_complete(outlast(call, asyncio.Event()))
