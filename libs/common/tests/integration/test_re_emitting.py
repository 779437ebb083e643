"""Events of the log are announced again: to all who read them, or into one reader's queue."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.tables import carried

from common.contracts.event import Cause
from common.database.work import WorkFactory
from common.errors import Unavailable
from common.ids import new_id
from common.messaging import re_emitting
from common.messaging.re_emitting import Which
from common.messaging.topology import ServiceQueues
from support.waiting import until

Read = Callable[[], Awaitable[list[Any]]]


async def announce(works: WorkFactory, *texts: str) -> list[UUID]:
    orders = [new_id() for _ in texts]
    async with works.begin() as work:
        for order_id, text in zip(orders, texts, strict=True):
            because = Cause(correlation_id=new_id())
            work.publish(Noted(order_id=order_id, text=text), because=because)
    async with works.engine.begin() as connection:
        await connection.execute(delete(carried.outbox))
    return orders


async def test_however_many_there_are_all_come_into_the_outbox(
    works: WorkFactory, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(re_emitting, "EVENTS_AT_ONCE", 2)
    await announce(works, *"abcde")
    assert await re_emitting.to_all(engine, carried, Which()) == 5
    async with engine.connect() as connection:
        waiting = set(await connection.scalars(select(carried.outbox.c.event_id)))
        assert waiting == set(await connection.scalars(select(carried.event_log.c.event_id)))


@pytest.mark.usefixtures("broker")  # empties the queues
async def test_one_reader_is_given_what_it_reads_and_handles_it_once(
    works: WorkFactory,
    engine: AsyncEngine,
    queues: ServiceQueues,
    amqp_url: str,
    working: Any,
    notes: Read,
) -> None:
    first, second = await announce(works, "a", "b")
    only_first = Which(order_id=first, types=(Noted.routing_key(),))
    for _ in range(2):
        assert await re_emitting.to_one(engine, carried, only_first, queues, amqp_url) == 1
    assert await re_emitting.to_one(engine, carried, Which(types=()), queues, amqp_url) == 0
    async with working():
        await until(lambda: _is(notes, ["a"]))
        assert await re_emitting.to_one(engine, carried, Which(second), queues, amqp_url) == 1
        await until(lambda: _is(notes, ["a", "b"]))


async def _is(notes: Read, wanted: list[str]) -> bool:
    return await notes() == wanted


async def test_a_reader_without_a_queue_is_told_to_be_away(
    works: WorkFactory, engine: AsyncEngine, amqp_url: str
) -> None:
    await announce(works, "a")
    with pytest.raises(Unavailable):
        await re_emitting.to_one(engine, carried, Which(), ServiceQueues("nobody"), amqp_url)
