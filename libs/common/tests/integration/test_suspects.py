"""Which tries of a suspect count: those it gave no end to, and none the database gave up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook
from toy.tables import carried

from common.contracts.event import Message
from common.database.engine import open_engine
from common.database.work import Work, WorkFactory
from common.errors import Unavailable
from common.ids import new_id
from common.messaging import rebuilding
from common.messaging.batch import BatchHandler
from common.messaging.subscription import on
from common.messaging.suspects import DELIVERIES_SUSPECT, TRIES_MAX, Suspects
from common.messaging.topology import ServiceQueues
from support.broker import Broker, headers_of, message_of, packed
from support.infrastructure import url_of
from support.proxy import Mode, Proxy, proxied
from support.waiting import until, until_true

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]
Working = Callable[..., Any]


async def test_a_try_told_twice_counts_once(engine: AsyncEngine) -> None:
    """The connection may break after the commit and before its answer: then it is told again."""
    suspects, event_id = Suspects(engine, carried), new_id()
    for tries in (1, 1, 2, 2):
        await suspects.begin(event_id, tries)
    assert await suspects.tries(event_id) == 2
    await suspects.acquit(event_id)
    assert await suspects.tries(event_id) == 0


@pytest.mark.parametrize(
    ("error", "counted"), [(Unavailable("away"), 1), (ValueError("bad"), 2), (SystemExit(), 2)]
)
async def test_only_a_try_given_up_for_the_database_is_struck(
    engine: AsyncEngine, error: BaseException, counted: int
) -> None:
    suspects, event_id = Suspects(engine, carried), new_id()
    await suspects.begin(event_id, 2)
    with suppress(type(error)):
        async with suspects.trying(event_id):
            raise error
    for _ in range(2):
        await suspects.strike()
    assert await suspects.tries(event_id) == counted


async def test_nothing_is_struck_from_an_event_that_ended_elsewhere(
    engine: AsyncEngine, rows: Rows
) -> None:
    suspects, event_id = Suspects(engine, carried), new_id()
    await suspects.begin(event_id, 1)
    with suppress(Unavailable):
        async with suspects.trying(event_id):
            raise Unavailable("away")
    await Suspects(engine, carried).acquit(event_id)
    await suspects.strike()
    assert await rows("suspect") == 0


class Outages:
    """Takes database and broker away in the middle of a try, as often as it is told to."""

    def __init__(self, database: Proxy, broker: Proxy, times: int) -> None:
        self.database, self.broker = database, broker
        self.left = times

    async def __call__(self, _: Message[Noted], __: Work) -> None:
        if self.left:
            self.left -= 1
            self.database.cut_off()
            self.broker.reset()


async def test_a_network_that_fails_again_and_again_makes_no_poison(
    engine: AsyncEngine,
    amqp_url: str,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    notes: Read,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebuilding, "WAIT_SECONDS_MAX", 0.2)
    times = DELIVERIES_SUSPECT + TRIES_MAX + 1
    await broker.put(queues.main, packed(message_of(Noted(order_id=new_id(), text="a"))))
    async with proxied(url_of(engine)) as database, proxied(amqp_url) as link:
        own = open_engine(database.url, application="toy", connections_max=4)
        outages = Outages(database, link, times)
        notebook = Notebook({"a": outages})
        handler = BatchHandler(
            {Noted.routing_key(): on(Noted, notebook)}, WorkFactory(own, carried)
        )
        async with working(url=link.url, handler=handler) as worker:
            for left in reversed(range(times)):
                await until_true(lambda left=left: outages.left == left)  # type: ignore[misc]
                await until_true(lambda: not worker.consumer.alive)
                database.mode = Mode.FORWARD

            async def is_done() -> bool:
                # What was tried is forgotten after its commit; the block's end may come between.
                return await notes() == ["a"] and await rows("suspect") == 0

            await until(is_done)
        await own.dispose()
    assert len(notebook.batches) == times + 1
    assert await broker.count(queues.parked) == 0
    assert await rows("suspect") == 0


async def test_an_event_that_never_ends_is_parked_though_its_process_lives(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker gives up on whoever holds an event too long: that is the event's fault."""
    monkeypatch.setattr(rebuilding, "WAIT_SECONDS_MAX", 0.2)
    reached = asyncio.Event()

    async def hang(_: Message[Noted], __: Work) -> None:
        reached.set()
        await asyncio.Event().wait()

    handler = BatchHandler({Noted.routing_key(): on(Noted, Notebook({"a": hang}))}, works)
    await broker.put(queues.main, packed(message_of(Noted(order_id=new_id(), text="a"))))
    async with proxied(amqp_url) as link, working(url=link.url, handler=handler):
        for _ in range(DELIVERIES_SUSPECT + TRIES_MAX):
            await reached.wait()
            reached.clear()
            link.reset()
        (parked,) = await until(lambda: broker.take(queues.parked))
    assert headers_of(parked)["x-reason"].startswith("ended its process")
