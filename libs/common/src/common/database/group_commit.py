"""Group commit: concurrent requests share one transaction, and so one wait for the disk.

A request submits its item and waits; a single flusher takes what came within a moment, does it in
one transaction, and answers everybody. A 2xx therefore still means: committed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from common.database import faults
from common.database.work import Announced, Work, WorkFactory
from common.errors import Unavailable

ITEMS_MAX = 200
WAIT_SECONDS = 0.005
WAITING_MAX = 5_000
SUBMIT_SECONDS_MAX = 15.0
COLLISIONS_MAX = 3

Item = TypeVar("Item")
Reply = TypeVar("Reply")


class Overloaded(Unavailable):
    """Too much is waiting already; nothing was done, and nothing will be."""


@dataclass
class GroupCommit(Generic[Item, Reply]):
    works: WorkFactory
    handle: Callable[[Sequence[Item], Work], Awaitable[Sequence[Reply | Exception]]]
    """Does the items in one transaction; answers each in its place, with a reply or a refusal."""
    committed: Callable[[Sequence[Announced]], None]
    """Told what each transaction announced, after its commit; must not wait."""
    _waiting: "deque[tuple[Item, asyncio.Future[Reply]]]" = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, item: Item) -> Reply:
        """Wait until the item is committed and return its reply.

        Raises:
            Overloaded: too much is waiting already.
            Unavailable: the database is away or too slow; the item may or may not be committed.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise Overloaded("Too many requests are waiting.")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, reply))
        self._arrived.set()
        try:
            async with asyncio.timeout(SUBMIT_SECONDS_MAX):
                return await reply
        except TimeoutError:
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
            wanted = [(item, reply) for item, reply in group if not reply.done()]
            if wanted:
                await self._flush(wanted)

    async def _flush(self, group: "Sequence[tuple[Item, asyncio.Future[Reply]]]") -> None:
        """Do the group together and, where that fails, one by one."""
        try:
            replies = await self._commit([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - the edge: every failure becomes an answer
            if len(group) > 1 and not faults.is_away(error):
                await self._flush_apart(group)
                return
            replies = [error] * len(group)
        for (_, reply), outcome in zip(group, replies, strict=True):
            if reply.done():
                continue
            if isinstance(outcome, Exception):
                reply.set_exception(outcome)
            else:
                reply.set_result(outcome)

    async def _flush_apart(self, group: "Sequence[tuple[Item, asyncio.Future[Reply]]]") -> None:
        for item, reply in group:
            if not reply.done():
                await self._flush([(item, reply)])

    async def _commit(self, items: Sequence[Item]) -> Sequence[Reply | Exception]:
        for tries_left in reversed(range(COLLISIONS_MAX)):
            try:
                async with self.works.begin() as work:
                    replies = await self._handled(items, work)
            except Exception as error:
                if not (tries_left and faults.is_collision(error)):
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
