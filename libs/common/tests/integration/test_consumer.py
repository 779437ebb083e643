"""From queue to handlers and back, on a real broker and a real database."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook
from toy.tables import carried

from common.contracts.event import Message
from common.database.engine import open_engine
from common.database.work import Work, WorkFactory
from common.errors import Permanent, Transient
from common.ids import new_id
from common.messaging import watch
from common.messaging.batch import BatchHandler, Item, Settled
from common.messaging.pack import Outgoing, Pack
from common.messaging.subscription import on
from common.messaging.topology import ServiceQueues
from support.broker import Broker, headers_of, message_of, packed
from support.proxy import Mode, proxied
from support.waiting import until, until_true

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]
Working = Callable[..., Any]


def noted(*texts: str) -> list[Message[Any]]:
    return [message_of(Noted(order_id=new_id(), text=text)) for text in texts]


def handler_of(works: WorkFactory, notebook: Notebook) -> BatchHandler:
    return BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)


def written(notes: Read, *texts: str) -> Callable[[], Awaitable[bool]]:
    async def are_written() -> bool:
        return sorted(await notes()) == sorted(texts)

    return are_written


async def test_packs_are_handled_and_acknowledged(
    broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    texts = [f"{number:03}" for number in range(120)]
    packs = [packed(*noted(*texts[start : start + 40])) for start in (0, 40, 80)]
    await broker.put(queues.main, *packs)
    async with working() as worker:
        await until(written(notes, *texts))
        worker.consumer.stop()
        await worker.tasks[0]
    assert await broker.count(queues.main) == 0


async def test_nothing_is_acknowledged_before_its_commit(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working, rows: Rows
) -> None:
    reached = asyncio.Event()

    async def block(_: Message[Noted], __: Work) -> None:
        reached.set()
        await asyncio.Event().wait()

    await broker.put(queues.main, packed(*noted("a", "block")))
    handler = handler_of(works, Notebook({"block": block}))
    async with working(handler=handler) as worker:
        await reached.wait()
        assert await broker.count(queues.main) == 0
        await worker.kill()
    assert await rows("note") == 0
    (message,) = await until(lambda: broker.take(queues.main))
    assert headers_of(message)["x-delivery-count"] == 1


async def test_a_failing_event_climbs_the_ladder_and_is_handled_in_the_end(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    tries: list[str] = []

    async def fail_once(message: Message[Noted], _: Work) -> None:
        tries.append(message.data.text)
        if len(tries) <= 2:  # with its neighbours, and alone
            raise Transient("not yet")

    await broker.put(queues.main, packed(*noted("a", "stubborn", "b")))
    async with working(handler=handler_of(works, Notebook({"stubborn": fail_once}))):
        await until(written(notes, "a", "b"))
        await until(written(notes, "a", "b", "stubborn"))


async def test_each_rung_is_higher_than_the_last(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working
) -> None:
    async def fail(_: Message[Noted], __: Work) -> None:
        raise Transient("the courier sleeps")

    await broker.put(queues.main, packed(*noted("never")))
    async with working(handler=handler_of(works, Notebook({"never": fail}))):
        (message,) = await until(lambda: broker.take(queues.ladder[1]))
    headers = headers_of(message)
    assert (headers["x-attempt"], headers["x-reason"]) == (2, "the courier sleeps")
    assert message.header.properties.message_type == Noted.routing_key()


async def test_an_event_that_can_never_work_is_parked_whole_with_its_reason(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    async def refuse(_: Message[Noted], __: Work) -> None:
        raise Permanent("no such shop")

    good, bad = (json.loads(message.model_dump_json()) for message in noted("a", "bad"))
    bad["from_the_future"] = {"big": 2**70, "text": "ü"}
    body = json.dumps([good, bad]).encode()
    await broker.put(queues.main, Outgoing(Noted.routing_key(), body, {"x-events": 2}))
    async with working(handler=handler_of(works, Notebook({"bad": refuse}))):
        (parked,) = await until(lambda: broker.take(queues.parked))
        await until(written(notes, "a"))
    assert json.loads(parked.body) == [bad]
    assert headers_of(parked)["x-reason"] == "no such shop"
    assert "x-parked-at" in headers_of(parked)


async def test_a_pack_redelivered_twice_is_split(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    await broker.put(queues.main, packed(*noted(*"abc")))
    reached = asyncio.Event()

    async def block(_: Message[Noted], __: Work) -> None:
        reached.set()
        await asyncio.Event().wait()

    for _ in range(2):
        async with working(handler=handler_of(works, Notebook({"a": block}))) as worker:
            await reached.wait()
            await worker.kill()
            reached.clear()
    notebook = Notebook()
    async with working(handler=handler_of(works, notebook)) as worker:
        await until(written(notes, *"abc"))
        split = worker.consumer.metrics.registry.get_sample_value(
            "sluice_events_total",
            {"service": "toy", "event": Noted.routing_key(), "outcome": "split"},
        )
    assert split == 3


async def test_a_deleted_queue_is_made_anew_and_consumed_again(
    broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    async with working() as worker:
        await broker.delete([queues.main])
        await until_true(lambda: not worker.consumer.alive)
        await until_true(lambda: worker.consumer.alive)
        await broker.put(queues.main, packed(*noted("a")))
        await until(written(notes, "a"))


async def test_a_killed_connection_loses_nothing(
    amqp_url: str, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    texts = [f"{number:04}" for number in range(600)]
    async with proxied(amqp_url) as proxy, working(url=proxy.url):
        for start in range(0, 600, 20):
            await broker.put(queues.main, packed(*noted(*texts[start : start + 20])))
            if start % 100 == 0:
                proxy.reset()
        await until(written(notes, *texts))


async def test_a_broker_that_falls_silent_is_left(
    amqp_url: str,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    notes: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No reset, no close: a machine that lost its power. The watch notices."""
    monkeypatch.setattr(watch, "ANSWER_SECONDS_MAX", 0.5)
    async with proxied(amqp_url) as proxy, working(url=proxy.url) as worker:
        proxy.swallow()
        proxy.mode = Mode.FORWARD
        await broker.put(queues.main, packed(*noted("a")))
        await until_true(lambda: not worker.consumer.alive)
        proxy.reset()  # the broker gives up the dead connection and delivers what it held
        await until(written(notes, "a"))


async def test_a_consumer_waits_for_a_broker_that_is_not_there_yet(
    amqp_url: str, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    await broker.put(queues.main, packed(*noted("a")))
    async with proxied(amqp_url) as proxy:
        proxy.cut_off()
        async with working(url=proxy.url, wait=False) as worker:
            assert not worker.consumer.alive
            proxy.mode = Mode.FORWARD
            await until(written(notes, "a"))


async def test_a_broker_that_falls_silent_in_the_greeting_is_tried_again(
    amqp_url: str, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    """The client ends such a connection by cancelling whoever waits: that must not end the loop."""
    await broker.put(queues.main, packed(*noted("a")))
    async with proxied(amqp_url) as proxy:
        url = f"{proxy.url}?heartbeat=1"
        async with working(url=url, wait=False) as worker:
            await until_true(lambda: proxy.open_links > 0)
            proxy.swallow()
            proxy.mode = Mode.FORWARD
            await until(written(notes, "a"))
            assert not any(task.done() for task in worker.tasks)


async def test_a_database_that_is_away_does_not_wear_out_what_waits(
    engine: AsyncEngine, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    async with proxied(url_of(engine)) as proxy, an_engine(proxy.url) as own:
        handler = Observed.of(WorkFactory(own, carried))
        async with working(handler=handler) as worker:
            proxy.cut_off()
            await broker.put(queues.main, *(packed(message) for message in noted("a", "b")))
            await until_true(lambda: handler.tries > 2 or not worker.consumer.alive)
            proxy.mode = Mode.FORWARD
            await until(written(notes, "a", "b"))
    assert max(handler.deliveries) <= 1


async def test_a_database_that_only_reads_does_not_wear_out_what_waits(
    engine: AsyncEngine, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    """After a failover to a standby everything answers, and nothing can be stored."""
    async with an_engine(url_of(engine)) as own:
        handler = Observed.of(WorkFactory(own, carried))
        async with working(handler=handler):
            await become(engine, read_only=True)
            try:
                await broker.put(queues.main, *(packed(message) for message in noted("a", "b")))
                await until_true(lambda: handler.tries > 4)
            finally:
                await become(engine, read_only=False)
            await until(written(notes, "a", "b"))
    assert max(handler.deliveries) <= 1


async def test_a_stop_finishes_what_is_in_hand_and_wears_out_nothing(
    works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working, rows: Rows
) -> None:
    reached, released = asyncio.Event(), asyncio.Event()

    async def block(_: Message[Noted], __: Work) -> None:
        reached.set()
        await released.wait()

    packs = [packed(*noted(*["x"] * 49, f"last {number}")) for number in range(4)]
    first = packed(*noted("block"))
    await broker.put(queues.main, first, *packs, *packs)
    async with working(handler=handler_of(works, Notebook({"block": block}))) as worker:
        await reached.wait()
        worker.consumer.stop()
        released.set()
        async with asyncio.timeout(20):
            await worker.tasks[0]
    left = await broker.take_packs(queues.main)
    assert {pack.deliveries for pack in left} <= {0}
    assert await rows("note") >= 1
    assert await rows("note") + sum(pack.events for pack in left) >= 201


async def test_a_consumer_can_be_stopped_at_any_moment(
    broker: Broker, queues: ServiceQueues, working: Working
) -> None:
    """Also in the middle of a call to the broker, whose client may swallow a cancellation."""
    assert await broker.count(queues.main) == 0
    for turns in range(12):
        async with working() as worker:
            for _ in range(turns * 3):
                await asyncio.sleep(0)
            worker.consumer.stop()
            async with asyncio.timeout(5):
                await worker.tasks[0]


async def test_a_stop_does_not_wait_for_a_broker_that_is_away(
    amqp_url: str, engine: AsyncEngine, working: Working
) -> None:
    assert engine is not None
    async with proxied(amqp_url) as proxy:
        proxy.cut_off()
        async with working(url=proxy.url, wait=False) as worker:
            worker.consumer.stop()
            async with asyncio.timeout(15):
                await worker.tasks[0]


class Observed(BatchHandler):
    """A handler that remembers how often what it was given had been delivered before."""

    deliveries: list[int]
    counted: list[None]

    @classmethod
    def of(cls, works: WorkFactory) -> "Observed":
        handler = cls({Noted.routing_key(): on(Noted, Notebook())}, works)
        object.__setattr__(handler, "deliveries", [])
        object.__setattr__(handler, "counted", [])
        return handler

    @property
    def tries(self) -> int:
        return len(self.counted)

    def read(self, packs: Iterable[Pack]) -> list[Item]:
        some = list(packs)
        self.deliveries.extend(pack.deliveries for pack in some)
        return super().read(some)

    async def handle(self, items: Sequence[Item]) -> Settled:
        self.counted.append(None)
        return await super().handle(items)


@asynccontextmanager
async def an_engine(url: str) -> AsyncGenerator[AsyncEngine]:
    engine = open_engine(url, application="toy-worker", connections_max=4)
    yield engine
    await engine.dispose()


async def become(engine: AsyncEngine, *, read_only: bool) -> None:
    """Let the database change its role as a failover does: whoever is connected is cut off."""
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(
            text(
                f'alter database "{engine.url.database}"'
                f" set default_transaction_read_only = {'on' if read_only else 'off'}"
            )
        )
        await autocommit.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'toy-worker'"
            )
        )


def url_of(engine: AsyncEngine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
