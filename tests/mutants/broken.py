"""The delivery rules broken on purpose: `python -m mutants.broken MUTANT SERVICE ROLE`.

Nothing of this is in the product: a mutant process patches the library, then starts the service.
"""

import asyncio
import runpy
import sys
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from common.clock import monotonic_seconds, utc_now
from common.database.group_commit import GroupCommit
from common.database.work import Work, WorkFactory
from common.messaging import relay
from common.messaging.consumer import Consumer
from common.messaging.pack import Outgoing


def ack_before_commit() -> None:
    """Acknowledge a batch when it is taken, not when it is done."""

    async def work_off(self: Any, channel: Any, outgoing: Any, progress: Any) -> None:
        while packs := await self._next_packs():
            await channel.basic_ack(packs[-1].delivery_tag, multiple=True, wait=False)
            await self._settling.settle(packs, outgoing, progress)
            progress.advance(monotonic_seconds())

    Consumer._work_off = work_off  # type: ignore[method-assign]


def skip_the_inbox() -> None:
    """Take every event for new."""
    begin = WorkFactory.begin

    @asynccontextmanager
    async def begin_credulously(
        self: WorkFactory, event_ids: Collection[UUID] = ()
    ) -> AsyncGenerator[Work]:
        async with begin(self, event_ids) as work:
            object.__setattr__(work, "first_seen", frozenset(event_ids))
            yield work

    WorkFactory.begin = begin_credulously  # type: ignore[method-assign]


def publish_without_confirm() -> None:
    """Take what was handed to the client for what the broker has."""

    async def publish(
        channel: Any, messages: Sequence[Outgoing], *, exchange: str, routing_key: str | None
    ) -> list[bool]:
        async def send(message: Outgoing) -> None:
            await channel.basic_publish(
                message.body,
                exchange=exchange,
                routing_key=message.type if routing_key is None else routing_key,
                properties=message.properties(),
                wait=False,
            )

        for message in messages:
            _unwatched.add(asyncio.ensure_future(send(message)))
        await asyncio.sleep(0)
        return [True] * len(messages)

    relay.publish = publish


_unwatched: set["asyncio.Future[None]"] = set()


def answer_before_commit() -> None:
    """Tell the channel its order is safe, and then make it so."""
    flush = GroupCommit._flush

    async def answer_first(self: Any, group: Any) -> None:
        with suppress(Exception):  # with the database away it has nothing to say too early
            async with self.works.engine.connect() as connection:
                work = Work(connection, utc_now())
                replies = await self.handle([entry.item for entry in group], work)
            for entry, outcome in zip(group, replies, strict=True):
                if not entry.reply.done():
                    entry.reply.set_result(outcome)
        await flush(self, group)

    GroupCommit._flush = answer_first  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (ack_before_commit, skip_the_inbox, publish_without_confirm, answer_before_commit)
}

if __name__ == "__main__":
    _, name, service, role = sys.argv
    MUTANTS[name]()
    sys.argv = [service, role]
    runpy.run_module(service, run_name="__main__", alter_sys=True)
