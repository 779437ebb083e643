"""Group commit: concurrent requests share one transaction, and so one wait for the disk.

A request submits its item and waits; a single flusher takes what came within a moment, does it in
one transaction, and answers everybody. A 2xx therefore still means: committed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from common.clock import monotonic_seconds
from common.database import faults
from common.database.work import Announced, Work, WorkFactory
from common.errors import Unavailable

ITEMS_MAX = 200
WAIT_SECONDS = 0.005
WAITING_MAX = 5_000
SUBMIT_SECONDS_MAX = 10.0
COMMIT_SECONDS_MAX = 8.0
TRIES_MAX = 3
LATEST_WEIGHT = 0.3

Item = TypeVar("Item")
Reply = TypeVar("Reply")


class Overloaded(Unavailable):
    """Too much is waiting already; nothing was done, and nothing will be."""


@dataclass(slots=True)
class Pace:
    """How long a group takes lately, and whether any gets done at all; pure, and told the time."""

    group_seconds: float = 0.0
    items_per_second: float = 0.0
    failing_since: float | None = None
    _began: float | None = None

    def begin(self, now: float) -> None:
        self._began = now

    def succeed(self, items: int, now: float) -> None:
        if self._began is not None and now > self._began:
            took = now - self._began
            latest = LATEST_WEIGHT if self.group_seconds else 1.0
            self.group_seconds += latest * (took - self.group_seconds)
            self.items_per_second += latest * (items / took - self.items_per_second)
        self._began = self.failing_since = None

    def fail(self, now: float) -> None:
        """The database was away: that tells nothing of how long a group takes."""
        self._began = None
        if self.failing_since is None:
            self.failing_since = now

    @property
    def is_busy(self) -> bool:
        return self._began is not None

    def seconds_before(self, waiting: int, now: float) -> float:
        """Predict when the group of somebody who comes behind so many others is begun.

        A group that has taken longer than usual is expected to take as long again.
        """
        if self._began is None:
            return 0.0
        so_far = now - self._began
        usual = self.group_seconds
        rest = usual - so_far if so_far < usual else so_far
        return rest + waiting // ITEMS_MAX * max(usual, so_far)


@dataclass(slots=True)
class _Entry(Generic[Item, Reply]):
    item: Item
    reply: "asyncio.Future[Reply]"
    begun: bool = False


@dataclass
class GroupCommit(Generic[Item, Reply]):
    works: WorkFactory
    handle: Callable[[Sequence[Item], Work], Awaitable[Sequence[Reply | Exception]]]
    """Does the items in one transaction; answers each in its place, with a reply or a refusal."""
    committed: Callable[[Sequence[Announced]], None]
    """Told what each transaction announced, after its commit; must not wait."""
    pace: Pace = field(default_factory=Pace)
    _waiting: "deque[_Entry[Item, Reply]]" = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def waiting(self) -> int:
        """How many wait for their group to begin."""
        return len(self._waiting)

    async def submit(self, item: Item) -> Reply:
        """Wait until the item is committed and return its reply.

        Raises:
            Overloaded: too much is waiting already, or its turn did not come in time.
            Unavailable: the database is away or too slow; the item may or may not be committed.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise Overloaded("Too many requests are waiting.")
        entry = _Entry[Item, Reply](item, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._arrived.set()
        try:
            async with asyncio.timeout(SUBMIT_SECONDS_MAX):
                return await entry.reply
        except TimeoutError:
            if not entry.begun:  # and never will be: the flusher passes over who has left
                raise Overloaded("Its turn did not come in time.") from None
            raise Unavailable("The database is too slow; it may be done yet.") from None

    async def run(self) -> None:
        """Flush until cancelled."""
        while True:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            if len(self._waiting) < ITEMS_MAX:
                await asyncio.sleep(WAIT_SECONDS)
            count = min(len(self._waiting), ITEMS_MAX)
            group = [self._waiting.popleft() for _ in range(count)]
            # Whoever stopped waiting has no use for the effect of a request it will send again.
            wanted = [entry for entry in group if not entry.reply.done()]
            if wanted:
                for entry in wanted:
                    entry.begun = True
                await self._flush(wanted)

    async def _flush(self, group: "Sequence[_Entry[Item, Reply]]") -> None:
        """Do the group together and, where that fails, one by one."""
        try:
            replies = await self._commit([entry.item for entry in group])
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            if len(group) > 1 and not faults.is_away(error):
                await self._flush_apart(group)
                return
            replies = [error] * len(group)
        for entry, outcome in zip(group, replies, strict=True):
            if entry.reply.done():
                continue
            if isinstance(outcome, Exception):
                entry.reply.set_exception(outcome)
            else:
                entry.reply.set_result(outcome)

    async def _flush_apart(self, group: "Sequence[_Entry[Item, Reply]]") -> None:
        for entry in group:
            if not entry.reply.done():
                await self._flush([entry])

    async def _commit(self, items: Sequence[Item]) -> Sequence[Reply | Exception]:
        """Commit the items, and keep the pace: what fails by itself took its time as well."""
        self.pace.begin(monotonic_seconds())
        try:
            async with asyncio.timeout(COMMIT_SECONDS_MAX):
                replies = await self._committed(items)
        except TimeoutError:
            self.pace.fail(monotonic_seconds())
            # Where one connection is silent all are, and would be found out one after the other.
            await self.works.engine.dispose(close=False)
            raise Unavailable("The database is too slow; it may be done yet.") from None
        except Exception as error:
            if faults.is_away(error):
                self.pace.fail(monotonic_seconds())
            else:
                self.pace.succeed(len(items), monotonic_seconds())
            raise
        self.pace.succeed(len(items), monotonic_seconds())
        return replies

    async def _committed(self, items: Sequence[Item]) -> Sequence[Reply | Exception]:
        for tries_left in reversed(range(TRIES_MAX)):
            handled = False
            try:
                async with self.works.begin() as work:
                    replies = await self._handled(items, work)
                    handled = True
            except Exception as error:
                # Connections that died since they were last used: nothing has reached the commit.
                fruitless = not handled and faults.is_away(error)
                if not (tries_left and (fruitless or faults.is_collision(error))):
                    raise
            else:
                self.committed(work.announced)
                return replies
        raise AssertionError  # the last try returns or raises

    async def _handled(self, items: Sequence[Item], work: Work) -> Sequence[Reply | Exception]:
        replies = await self.handle(items, work)
        if len(replies) != len(items):  # nothing is committed that nobody would be told about
            raise ValueError("The handler did not answer every item.")
        return replies
