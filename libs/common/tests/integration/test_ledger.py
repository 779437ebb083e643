"""Ledger and reader with a real queue between them, whatever happens to the queue."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook
from toy.tables import carried

from common.contracts.event import Message
from common.database.rows import insert_into_both
from common.database.whereabouts import Aside, note_aside
from common.errors import Transient
from common.ids import new_id
from common.messaging.batch import BatchHandler
from common.messaging.consumer import Consumer
from common.messaging.ledger import messages
from common.messaging.ledger.keeping import Ledger
from common.messaging.ledger.messages import Answer, Inquiry, QueueLost
from common.messaging.relay import Relay
from common.messaging.subscription import on
from common.messaging.topology import ServiceQueues, control_queue
from common.telemetry.metrics import Metrics
from support.broker import Broker, message_of, packed
from support.ledger import Account, id_made
from support.waiting import until, until_true

Work = Callable[..., AbstractAsyncContextManager[Any]]
Background = Callable[..., AbstractAsyncContextManager[Any]]
Read = Callable[[], Awaitable[list[Any]]]
CONTROL = control_queue("toy")


@pytest.fixture(autouse=True)
async def empty_control(broker: Broker) -> None:
    await broker.delete((CONTROL,))
    await broker.bind(CONTROL)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def account_book(engine: AsyncEngine, amqp_url: str, registry: CollectorRegistry) -> Ledger:
    types = {"toy": (Noted.routing_key(),)}
    return Ledger("toy", "one", engine, carried, amqp_url, types, registry)


@pytest.fixture
async def account(engine: AsyncEngine) -> Account:
    account = Account(engine, carried)
    await account.enter()
    return account


@pytest.fixture
def sweeping(engine: AsyncEngine, amqp_url: str) -> Relay:
    return Relay(engine, carried, amqp_url, Metrics("toy"), sweeps=True)


async def announce(account: Account, text: str, *, ago: float = 20, published: bool = True) -> UUID:
    """Announce a note; published ones are not put into any queue: it is lost on the way."""
    event_id = id_made(timedelta(seconds=ago), await account.now())
    message: Message[Any] = message_of(Noted(order_id=new_id(), text=text), event_id=event_id)
    columns = {
        "event_id": [event_id],
        "type": [message.type],
        "order_id": [message.data.order_id],
        "body": [message.model_dump_json()],
    }
    async with account.engine.begin() as connection:
        log, outbox = carried.event_log, carried.outbox
        await insert_into_both(connection, log, columns, outbox, "event_id")
    if published:
        await account.publish()
    return event_id


async def impatiently(account: Account) -> None:
    """Let what has to be waited for be over."""
    await account.pass_time(timedelta(seconds=30))


async def test_an_event_lost_on_the_way_is_emitted_again_and_handled(
    account: Account,
    account_book: Ledger,
    sweeping: Relay,
    working: Work,
    background: Background,
    notes: Read,
    registry: CollectorRegistry,
) -> None:
    await announce(account, "lost")
    async with working(), background(account_book.run(), sweeping.run()):

        async def is_missed() -> bool:
            return bool(await account.open())

        async def is_noted() -> bool:
            return await notes() == ["lost"]

        await until(is_missed)
        await impatiently(account)
        await until(is_noted)
        await impatiently(account)

        async def nothing_is_open() -> bool:
            return not await account.open()

        await until(nothing_is_open)
    labels = {"service": "toy", "reader": "toy"}
    assert registry.get_sample_value("sluice_ledger_reemitted_total", labels) == 1


async def test_an_event_that_waits_in_a_long_queue_is_not_missed(
    account: Account,
    account_book: Ledger,
    queues: ServiceQueues,
    broker: Broker,
    background: Background,
) -> None:
    """Nobody consumes: the question waits behind the events, and nothing is done meanwhile."""
    await announce(account, "waiting")
    async with background(account_book.run()):

        async def is_asked() -> bool:
            return await broker.count(queues.main) > 0

        await until(is_asked)
        assert await account.unanswered() == 1
    assert await account.open() == {}


async def test_an_inquiry_is_answered_after_the_events_before_it(
    broker: Broker, queues: ServiceQueues, working: Work, notes: Read
) -> None:
    message = message_of(Noted(order_id=new_id(), text="first"))
    unknown = new_id()
    asked = Inquiry(
        publisher="toy",
        sent_at=message.occurred_at,
        inquiry_id=new_id(),
        event_ids=message.event_id.bytes + unknown.bytes,
    )
    await broker.put(queues.main, packed(message), messages.outgoing(asked))
    async with working():

        async def is_answered() -> int:
            return await broker.count(CONTROL)

        await until(is_answered)
    (pack,) = await broker.take_packs(CONTROL)
    assert messages.read(pack.type, pack.body) == Answer(
        reader="toy", sent_at=asked.sent_at, inquiry_id=asked.inquiry_id, missing=(unknown,)
    )
    assert await notes() == ["first"]


async def test_an_inquiry_nobody_can_read_is_passed_over(
    broker: Broker, queues: ServiceQueues, working: Work, notes: Read
) -> None:
    broken = messages.Outgoing(messages.INQUIRY, b"{", {"x-events": 0})
    after = packed(message_of(Noted(order_id=new_id(), text="after")))
    await broker.put(queues.main, broken, after)
    async with working():

        async def is_noted() -> bool:
            return await notes() == ["after"]

        await until(is_noted)
    assert await broker.count(queues.main) == 0
    assert await broker.count(queues.parked) == 0


async def test_the_reader_knows_what_it_sent_to_the_ladder_and_the_parking_lot(
    broker: Broker,
    queues: ServiceQueues,
    working: Work,
    handler: BatchHandler,
    engine: AsyncEngine,
) -> None:
    async def trouble(_: Message[Noted], __: Any) -> None:
        raise Transient("not yet")

    patient = Notebook({"later": trouble})
    subscriptions = {Noted.routing_key(): on(Noted, patient)}
    later = message_of(Noted(order_id=new_id(), text="later"))
    unreadable = later.model_copy(update={"event_id": new_id(), "data": None})
    await broker.put(queues.main, packed(later), packed(unreadable))
    async with working(handler=BatchHandler(subscriptions, handler.works)):
        aside = carried.ledger.aside

        async def both_are_known() -> bool:
            async with engine.connect() as connection:
                rows = await connection.execute(select(aside.c.event_id, aside.c.queue))
                found = {row.event_id: row.queue for row in rows}
            ladder = found.get(later.event_id, "")
            return ladder.startswith("toy.retry") and (
                found.get(unreadable.event_id) == "toy.parked"
            )

        await until(both_are_known)


async def test_a_consumer_whose_queues_are_gone_makes_them_anew_and_says_so(
    broker: Broker,
    queues: ServiceQueues,
    handler: BatchHandler,
    amqp_url: str,
    background: Background,
    account: Account,
) -> None:
    await note_aside(account.engine, carried, [Aside(new_id(), queues.parked.name, None)])
    metrics = Metrics("toy")
    relay = Relay(handler.works.engine, carried, amqp_url, metrics, sweeps=False)
    consumer = Consumer(queues, handler, relay, amqp_url, metrics, publishers=("toy",))
    async with background(consumer.run()):
        await until_true(lambda: consumer.alive)
        assert await broker.count(CONTROL) == 0, "nothing was lost so far"
        await broker.delete(queues.all())

        async def is_told() -> int:
            return await broker.count(CONTROL)

        await until(is_told)
        await until_true(lambda: consumer.alive)
    packs = await broker.take_packs(CONTROL)
    assert {messages.read(p.type, p.body) for p in packs} == {QueueLost(reader="toy")}
    async with account.engine.connect() as connection:
        assert (await connection.execute(select(carried.ledger.aside))).all() == []


async def test_the_ledger_outlives_the_loss_of_its_own_queue(
    account: Account,
    account_book: Ledger,
    broker: Broker,
    background: Background,
) -> None:
    async with background(account_book.run()):

        async def is_heard() -> bool:
            await broker.put(CONTROL, messages.outgoing(QueueLost(reader="toy")))
            async with account.engine.connect() as connection:
                lost_at = await connection.scalar(select(carried.ledger.reader.c.lost_at))
            return bool(lost_at and lost_at.year > 2000)

        await until(is_heard)
        await account.pass_time(timedelta(days=20_000))
        await broker.delete((CONTROL,))
        await broker.bind(CONTROL)
        await until(is_heard)


async def test_what_the_ledger_does_not_understand_is_passed_over(
    account: Account, account_book: Ledger, broker: Broker, background: Background
) -> None:
    strange = messages.Outgoing("ledger.answer.v1", b"{}", {"x-events": 0})
    stranger = messages.outgoing(QueueLost(reader="nobody"))
    later = messages.outgoing(QueueLost(reader="toy"))
    await broker.put(CONTROL, strange, stranger, later)
    async with background(account_book.run()):

        async def is_heard() -> bool:
            async with account.engine.connect() as connection:
                lost_at = await connection.scalar(select(carried.ledger.reader.c.lost_at))
            return bool(lost_at and lost_at.year > 2000)

        await until(is_heard)
    assert await broker.count(CONTROL) == 0
