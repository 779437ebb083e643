"""From outbox to broker: at once after the commit, and by the sweep for what that missed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Echoed, Noted
from toy.tables import carried

from common.contracts.event import Cause
from common.database.work import Announced, WorkFactory
from common.ids import new_id
from common.messaging import connection as broker_connection
from common.messaging.relay import Relay
from common.messaging.topology import UNROUTED, Queue, ServiceQueues
from common.telemetry.metrics import Metrics
from support.broker import Broker
from support.proxy import Mode, proxied
from support.waiting import until, until_true

Rows = Callable[[str], Awaitable[int]]
Background = Callable[..., AbstractAsyncContextManager[list["asyncio.Task[None]"]]]
ECHOES = Queue("toy.echoes", {"x-queue-type": "quorum"}, (Echoed.routing_key(),))


@pytest.fixture
async def echoes(broker: Broker) -> AsyncIterator[Queue]:
    """A queue that asks for what the toy announces."""
    await broker.delete([ECHOES])
    await broker.bind(ECHOES)
    yield ECHOES
    await broker.delete([ECHOES])


def relay_of(works: WorkFactory, url: str, *, sweeps: bool = False) -> Relay:
    return Relay(works.engine, carried, url, Metrics("toy"), sweeps)


async def announce(works: WorkFactory, *texts: str) -> list[Announced]:
    async with works.begin() as work:
        for some in texts:
            event = Echoed(order_id=new_id(), text=some)
            work.publish(event, because=Cause(correlation_id=new_id()))
    return work.announced


async def overdue(engine: AsyncEngine) -> None:
    """Let every row of the outbox be older than the fast path needs."""
    async with engine.begin() as connection:
        await connection.execute(
            text("update toy.outbox set created_at = created_at - interval '1 minute'")
        )


async def texts_in(broker: Broker, queue: Queue | str) -> list[str]:
    packs = await broker.take_packs(queue)
    return [event["data"]["text"] for pack in packs for event in json.loads(pack.body)]


def emptied(rows: Rows) -> Callable[[], Awaitable[bool]]:
    async def is_empty() -> bool:
        return await rows("outbox") == 0

    return is_empty


async def connected(relay: Relay) -> None:
    await until_true(lambda: relay._connected)


async def test_what_was_committed_is_published_at_once_and_leaves_the_outbox(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    echoes: Queue,
    rows: Rows,
    background: Background,
) -> None:
    relay = relay_of(works, amqp_url)
    texts = [f"{number:03}" for number in range(120)]
    async with background(relay.run()):
        await connected(relay)
        relay.offer(await announce(works, *texts))
        await relay.flush()
        assert await rows("outbox") == 0
    packs = await broker.take_packs(echoes)
    assert [pack.events for pack in packs] == [50, 50, 20]
    found = [event["data"]["text"] for pack in packs for event in json.loads(pack.body)]
    assert found == texts
    assert await rows("event_log") == 120


async def test_while_the_broker_is_away_events_stay_in_the_outbox_and_are_swept_later(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    echoes: Queue,
    rows: Rows,
    background: Background,
) -> None:
    async with proxied(amqp_url) as proxy:
        relay = relay_of(works, proxy.url, sweeps=True)
        async with background(relay.run()):
            await connected(relay)
            proxy.cut_off()
            await until_true(lambda: not relay._connected)
            relay.offer(await announce(works, "a", "b"))
            await relay.flush()
            assert await rows("outbox") == 2
            await overdue(works.engine)
            proxy.mode = Mode.FORWARD
            await until(emptied(rows))
    assert await texts_in(broker, echoes) == ["a", "b"]


async def test_an_event_nobody_asks_for_is_seen_in_the_unrouted_queue(
    works: WorkFactory, amqp_url: str, broker: Broker, rows: Rows, background: Background
) -> None:
    relay = relay_of(works, amqp_url)
    async with background(relay.run()):
        await connected(relay)
        relay.offer(await announce(works, "a"))
        await until(emptied(rows))
    assert await texts_in(broker, UNROUTED) == ["a"]


async def test_two_sweepers_never_publish_the_same_row(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    echoes: Queue,
    rows: Rows,
    background: Background,
) -> None:
    texts = [f"{number:04}" for number in range(2_000)]
    await announce(works, *texts)
    await overdue(works.engine)
    sweepers = [relay_of(works, amqp_url, sweeps=True).run() for _ in range(2)]
    async with background(*sweepers):
        await until(emptied(rows))
    assert Counter(await texts_in(broker, echoes)) == Counter(texts)


async def test_without_a_confirm_the_row_stays_and_another_connection_is_tried(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    echoes: Queue,
    rows: Rows,
    background: Background,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker_connection, "PUBLISH_SECONDS_MAX", 0.5)
    async with proxied(amqp_url) as proxy:
        relay = relay_of(works, proxy.url, sweeps=True)
        async with background(relay.run()):
            await connected(relay)
            proxy.swallow()
            relay.offer(await announce(works, "a"))
            await relay.flush()
            assert await rows("outbox") == 1
            proxy.mode = Mode.FORWARD
            await until(emptied(rows))
    assert set(await texts_in(broker, echoes)) == {"a"}


@pytest.mark.parametrize("sweeps", [False, True])
async def test_a_channel_that_the_broker_closes_is_made_anew(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    queues: ServiceQueues,
    rows: Rows,
    background: Background,
    *,
    sweeps: bool,
) -> None:
    """The connection stays open then: only the channel tells."""
    assert queues.main.routing_keys == (Noted.routing_key(),)
    relay = relay_of(works, amqp_url, sweeps=sweeps)
    async with background(relay.run()):
        await connected(relay)
        await broker.delete_exchange()
        relay.offer(await announce(works, "lost with the channel"))
        await relay.flush()
        await until_true(lambda: relay._connected)

        async def offered_again() -> bool:
            relay.offer(await announce(works, "again"))
            await relay.flush()
            return await broker.count(UNROUTED) > 0

        await until(offered_again)
        if sweeps:
            await overdue(works.engine)
            await until(emptied(rows))
    assert "again" in await texts_in(broker, UNROUTED)


async def test_an_offer_of_nothing_costs_the_database_nothing(
    works: WorkFactory, amqp_url: str, background: Background, broker: Broker
) -> None:
    assert await broker.count(UNROUTED) == 0
    relay = relay_of(works, amqp_url)
    async with background(relay.run()):
        await connected(relay)
        relay.offer([])
        assert not relay._wake.is_set()


async def test_the_relay_does_not_outlive_its_cancellation(
    works: WorkFactory, amqp_url: str, broker: Broker
) -> None:
    assert await broker.count(UNROUTED) == 0
    for turns in range(12):
        relay = relay_of(works, amqp_url, sweeps=True)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(relay.run())
            for _ in range(turns * 10):
                await asyncio.sleep(0.001)
            task.cancel()
            async with asyncio.timeout(10):
                await asyncio.wait([task])
        assert task.cancelled()


async def test_nothing_that_is_offered_is_kept_without_a_broker(
    works: WorkFactory, amqp_url: str
) -> None:
    """Memory stays bounded: what cannot be published now is in the outbox."""
    relay = relay_of(works, amqp_url)
    relay.offer(await announce(works, "a"))
    assert not relay._offered  # nothing else shows it
