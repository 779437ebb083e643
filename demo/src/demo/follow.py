"""Asks the services again and again how far the orders are, by their lists."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TypeVar

from demo.client import Refused, Sluice
from demo.facts import Facts, Track
from demo.story import Change

POLL_SECONDS = 0.25
WAIT_SECONDS_MAX = 60.0
_VERDICTS_AT_A_TIME = 8
# Of these orders the verdict is news; that the others are approved can be seen.
_STOPPED = ("held", "cancelled")

T = TypeVar("T")


class Late(Exception):  # noqa: N818 - says what happened
    """Something did not happen in time."""


class Follower:
    """Keeps the facts up to date while `following`; `seen` is called after each look."""

    def __init__(
        self, sluice: Sluice, facts: Facts, since: datetime, seen: Callable[[], None]
    ) -> None:
        self._sluice = sluice
        self._facts = facts
        self._after = first_id_of(since)
        self._seen = seen
        self._looked = asyncio.Condition()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Look all the time, until the block ends."""
        async with asyncio.TaskGroup() as group:
            looking = [group.create_task(self._look_on()), group.create_task(self._judge_on())]
            yield
            for task in looking:
                task.cancel()

    async def _look_on(self) -> None:
        """Look often, and leave the services at least half of their time for their work."""
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(POLL_SECONDS, time.monotonic() - began))

    async def _judge_on(self) -> None:
        """Ask once for each order risk has decided: it lists no decisions."""
        while True:
            some = sorted(self._undecided(), key=lambda track: track.state not in _STOPPED)
            asks = (self._ask_verdicts(track) for track in some[:_VERDICTS_AT_A_TIME])
            await asyncio.gather(*(_tolerant(ask) for ask in asks))
            if len(some) < _VERDICTS_AT_A_TIME:
                await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Ask everything once; a service that does not answer is asked again the next time."""
        asks = (self._ask_orders(), self._ask_tasks(), self._ask_booked())
        await asyncio.gather(*(_tolerant(ask) for ask in asks))
        self._seen()
        async with self._looked:
            self._looked.notify_all()

    async def until(self, what: str, condition: Callable[[], T]) -> T:
        """Wait until the condition is true, and return it.

        Raises:
            Late: it did not come true in time, counted from the last message sent.
        """
        began = time.monotonic()
        while not (found := condition()):
            left = max(began, self._facts.sent_at) + WAIT_SECONDS_MAX - time.monotonic()
            if left <= 0:
                raise Late(f"Within {WAIT_SECONDS_MAX:.0f} s this did not happen: {what}.")
            with suppress(TimeoutError):
                async with asyncio.timeout(left), self._looked:
                    await self._looked.wait()
        return found

    async def _ask_orders(self) -> None:
        async for row in self._sluice.orders(self._after):
            if track := self._facts.of_order(row["order_id"]):
                track.state = row["state"]
                track.warehouse = row["warehouse"]
                track.tracking_no = (row["shipment"] or {}).get("tracking_no")

    async def _ask_tasks(self) -> None:
        async for row in self._sluice.tasks(self._after):
            if track := self._facts.of_order(row["order_id"]):
                track.task_code = row["code"]
                track.task_at = datetime.fromisoformat(row["created_at"])

    async def _ask_booked(self) -> None:
        async for row in self._sluice.booked(self._after):
            if track := self._facts.of_order(row["order_id"]):
                track.booked = row["state"]
                track.payable_minor = row["payable_minor"]

    async def _ask_verdicts(self, track: Track) -> None:
        track.verdicts = await self._sluice.verdicts(str(track.order_id))

    def _undecided(self) -> Iterator[Track]:
        for track in self._facts.tracks:
            if track.state is None:
                continue
            is_reviewed = track.planned.story.change is Change.REVIEWED and track.state != "held"
            if not track.verdicts or (is_reviewed and track.verdicts[-1] == "held"):
                yield track


async def _tolerant(asking: Awaitable[None]) -> None:
    with suppress(Refused):
        await asking


async def settled(read: Callable[[], Awaitable[T]]) -> T:
    """Read until two readings agree: events of before may still be on their way.

    Raises:
        Late: they do not stop.
    """
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            before, now = await read(), await read()
            while before != now:
                await asyncio.sleep(POLL_SECONDS)
                before, now = now, await read()
            return now
    except TimeoutError:
        raise Late("The stack is busy with other orders; try again later.") from None


def first_id_of(moment: datetime) -> str:
    """Return the lowest UUIDv7 of this moment: lists of what came later begin after it."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"
