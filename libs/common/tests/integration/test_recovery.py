"""A backlog is moved out of the queue and worked off in another order; nothing is lost by it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook
from toy.tables import carried

from common.contracts.event import Message
from common.database import backlog, recovery
from common.database.backlog import Claimed, Moved, Order
from common.database.engine import open_engine
from common.database.operations import SYSTEM
from common.database.recovery import Standing
from common.database.work import Work, WorkFactory
from common.errors import Permanent, Transient
from common.ids import first_id_at, new_id
from common.messaging.batch import BatchHandler
from common.messaging.recovery.course import Policy
from common.messaging.recovery.trend import Limits
from common.messaging.subscription import on
from common.messaging.topology import ServiceQueues
from support.broker import Broker, headers_of, message_of, packed
from support.infrastructure import url_of
from support.proxy import Mode, proxied
from support.waiting import until

Read = Callable[[], Awaitable[list[Any]]]
Rows = Callable[[str], Awaitable[int]]
Working = Callable[..., Any]

NEWEST = Order(newest_first=True, today=None)
START = datetime(2026, 3, 1, tzinfo=UTC)


def handler_of(works: WorkFactory, notebook: Notebook) -> BatchHandler:
    return BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)


def accepted(minute: float) -> UUID:
    """Return the id of an order accepted so many minutes after the start."""
    return first_id_at(START + timedelta(minutes=minute))


def notes_of_minutes(*minutes: int) -> list[Message[Any]]:
    """Make one note an order; the text tells the minute at which the order was accepted."""
    return [message_of(Noted(order_id=accepted(minute), text=f"{minute:04}")) for minute in minutes]


async def begin(engine: AsyncEngine, **order: bool) -> None:
    order = {"newest_first": True, "today_first": False} | order
    async with WorkFactory(engine, carried).begin() as work:
        await recovery.start(work, carried, by="tester", reason="a test", **order)


async def stop(engine: AsyncEngine) -> None:
    async with WorkFactory(engine, carried).begin() as work:
        await recovery.stop(work, carried, by="tester")


async def standing(engine: AsyncEngine) -> Standing:
    async with engine.connect() as connection:
        return await recovery.standing(connection, carried)


def ended(engine: AsyncEngine) -> Callable[[], Awaitable[bool]]:
    async def has_ended() -> bool:
        return (await standing(engine)).state == "off"

    return has_ended


def moved(order_id: UUID, kind: str = "toy.noted.v1") -> Moved:
    return Moved(new_id(), order_id, kind, b"[{}]", 0)


async def test_the_newest_orders_are_handled_first(
    engine: AsyncEngine, works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working
) -> None:
    minutes = list(range(600))
    packs = [packed(*notes_of_minutes(*minutes[n : n + 20])) for n in range(0, 600, 20)]
    await broker.put(queues.main, *packs)
    await begin(engine)
    notebook = Notebook()
    async with working(handler=handler_of(works, notebook)):
        await until(ended(engine))
    handled = list(chain.from_iterable(notebook.batches))
    assert sorted(handled) == [f"{minute:04}" for minute in minutes]
    # All were moved before the first was handled, but for what one batch may take meanwhile.
    assert handled[:20] == [f"{minute:04}" for minute in reversed(range(580, 600))]
    now = await standing(engine)
    assert (now.moved, now.settled) == (600, 600)


async def test_two_workers_one_killed_bring_every_event_to_its_end_once(
    engine: AsyncEngine,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    notes: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backlog, "LEASE", timedelta(seconds=2))
    messages = notes_of_minutes(*range(800))
    random.Random(7).shuffle(messages)
    await broker.put(queues.main, *(packed(*messages[n : n + 20]) for n in range(0, 800, 20)))
    await begin(engine)
    async with working() as first, working():
        await until(notes)
        await first.kill()
        await until(ended(engine))
    assert sorted(await notes()) == [f"{minute:04}" for minute in range(800)]


async def test_what_was_moved_but_not_acknowledged_is_moved_again_and_handled_once(
    engine: AsyncEngine, broker: Broker, queues: ServiceQueues, working: Working, notes: Read
) -> None:
    messages = notes_of_minutes(1, 2, 3)
    await broker.put(queues.main, packed(*messages), packed(*messages))
    await begin(engine)
    async with working():
        await until(ended(engine))
    assert await notes() == ["0001", "0002", "0003"]


async def test_after_a_stop_the_queue_is_served_again_beside_the_rest_of_the_backlog(
    engine: AsyncEngine, works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working
) -> None:
    gate = asyncio.Event()

    async def wait(_: Message[Noted], __: Work) -> None:
        await gate.wait()

    await broker.put(queues.main, packed(*notes_of_minutes(*range(50))))
    await begin(engine)
    notebook = Notebook({"0049": wait})
    async with working(handler=handler_of(works, notebook)):
        await until(lambda: _is_true(notebook.batches))
        await stop(engine)
        await broker.put(queues.main, packed(*notes_of_minutes(*range(100, 110))))
        gate.set()
        await until(ended(engine))
        await until(lambda: _is_true(len(list(chain.from_iterable(notebook.batches))) == 60))
    assert (await standing(engine)).moved == 50


async def _is_true(value: object) -> bool:
    return bool(value)


async def test_a_backlog_that_would_take_too_long_is_recovered_without_being_asked(
    engine: AsyncEngine, works: WorkFactory, broker: Broker, queues: ServiceQueues, working: Working
) -> None:
    """The time limits are shortened; how long a drain may take is not what is tested."""
    gate = asyncio.Event()

    async def stand_still(_: Message[Noted], __: Work) -> None:
        await gate.wait()

    await broker.put(queues.main, *(packed(*notes_of_minutes(n)) for n in range(500)))
    policy = Policy(limits=Limits(drain_seconds=0.1, events_min=10))
    handler = handler_of(works, Notebook({"0000": stand_still}))

    async def is_on() -> bool:
        return (await standing(engine)).state == "on"

    async with working(handler=handler, policy=policy):
        await until(is_on)
        assert (await standing(engine)).started_by == SYSTEM
        gate.set()
        await until(ended(engine))


async def test_failures_take_the_ladder_and_the_parking_lot_from_the_backlog_too(
    engine: AsyncEngine,
    works: WorkFactory,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    notes: Read,
) -> None:
    async def later(_: Message[Noted], __: Work) -> None:
        raise Transient("not now")

    async def never(_: Message[Noted], __: Work) -> None:
        raise Permanent("not ever")

    retried = message_of(Noted(order_id=accepted(1), text="later"))
    parked = message_of(Noted(order_id=accepted(2), text="never"))
    await broker.put(
        queues.main, packed(retried, **{"x-attempt": 4}), packed(parked, *notes_of_minutes(3, 4))
    )
    await begin(engine)
    async with working(handler=handler_of(works, Notebook({"later": later, "never": never}))):
        await until(ended(engine))
    assert await notes() == ["0003", "0004"]
    (rung,) = await broker.take(queues.ladder[4])
    assert headers_of(rung)["x-attempt"] == 5
    (lot,) = await broker.take(queues.parked)
    assert headers_of(lot)["x-reason"] == "not ever"


async def test_an_outage_of_the_database_while_a_backlog_is_moved_costs_nothing(
    engine: AsyncEngine,
    broker: Broker,
    queues: ServiceQueues,
    working: Working,
    notes: Read,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    messages = notes_of_minutes(*range(100))
    await broker.put(queues.main, *(packed(*messages[n : n + 20]) for n in range(0, 100, 20)))
    await begin(engine)
    tries = 0
    really_move = backlog.move

    async with proxied(url_of(engine)) as link:

        async def move(*arguments: Any) -> bool:
            nonlocal tries
            tries += 1
            if tries == 1:
                link.cut_off()
            return await really_move(*arguments)

        monkeypatch.setattr(backlog, "move", move)
        own = open_engine(link.url, application="toy", connections_max=4)
        handler = handler_of(WorkFactory(own, carried), Notebook())
        async with working(handler=handler) as worker:
            await until(lambda: _is_true(tries >= 3))
            assert worker.consumer.alive
            link.mode = Mode.FORWARD
            await until(ended(engine))
        await own.dispose()
    assert await notes() == [f"{minute:04}" for minute in range(100)]
    assert await rows("suspect") == 0


async def test_nothing_slips_into_a_backlog_whose_recovery_has_ended(engine: AsyncEngine) -> None:
    assert not await backlog.move(engine, carried, [moved(accepted(1))])
    await begin(engine)
    assert await backlog.move(engine, carried, [moved(accepted(1))])
    assert not await recovery.end_if_empty(WorkFactory(engine, carried))
    (claimed,) = await backlog.claim(engine, carried, NEWEST, orders_max=5)
    assert not await recovery.end_if_empty(WorkFactory(engine, carried))
    await backlog.remove(engine, carried, [claimed.event_id])
    assert await recovery.end_if_empty(WorkFactory(engine, carried))
    assert not await backlog.move(engine, carried, [moved(accepted(1))])
    async with engine.connect() as connection:
        assert await backlog.is_empty(connection, carried)


async def test_a_move_and_the_end_of_the_recovery_at_once_leave_no_event_behind(
    engine: AsyncEngine,
) -> None:
    for minute in range(60):
        await begin(engine)
        put, _ = await asyncio.gather(
            backlog.move(engine, carried, [moved(accepted(minute))]),
            recovery.end_if_empty(WorkFactory(engine, carried)),
        )
        state = (await standing(engine)).state
        assert (put, state) in {(True, "on"), (False, "off")}
        if put:
            (claimed,) = await backlog.claim(engine, carried, NEWEST, orders_max=5)
            await backlog.remove(engine, carried, [claimed.event_id])


async def test_all_waiting_events_of_an_order_go_to_one_claimer_in_their_order(
    engine: AsyncEngine,
) -> None:
    orders = [accepted(minute) for minute in range(40)]
    events = [moved(order_id) for _ in range(5) for order_id in orders]
    await begin(engine)
    await backlog.move(engine, carried, events)

    async def take_all() -> list[list[Claimed]]:
        taken: list[list[Claimed]] = []
        while claimed := await backlog.claim(engine, carried, NEWEST, orders_max=3):
            taken.append(claimed)
        return taken

    batches = list(chain.from_iterable(await asyncio.gather(*(take_all() for _ in range(4)))))
    assert sorted(one.event_id for one in chain(*batches)) == sorted(e.event_id for e in events)
    for batch in batches:
        for order_id in {one.order_id for one in batch}:
            mine = [one.event_id for one in batch if one.order_id == order_id]
            assert mine == [e.event_id for e in events if e.order_id == order_id]


async def test_an_order_in_somebodys_hands_is_left_alone_until_the_lease_is_over(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LEASE", timedelta(seconds=1))
    await begin(engine)
    await backlog.move(engine, carried, [moved(accepted(1))])
    (first,) = await backlog.claim(engine, carried, NEWEST, orders_max=5)
    await backlog.move(engine, carried, [moved(accepted(1))])
    assert await backlog.claim(engine, carried, NEWEST, orders_max=5) == []
    again = await until(lambda: backlog.claim(engine, carried, NEWEST, orders_max=5))
    assert [one.tries for one in again] == [2, 1]
    assert again[0].event_id == first.event_id


async def test_today_goes_before_older_orders_also_where_the_oldest_go_first(
    engine: AsyncEngine,
) -> None:
    await begin(engine)
    await backlog.move(engine, carried, [moved(accepted(minute)) for minute in range(10)])
    order = Order(newest_first=False, today=START + timedelta(minutes=6))
    taken = [await backlog.claim(engine, carried, order, orders_max=3) for _ in range(4)]
    ranked = [one.order_id for one in chain(*taken)]
    assert ranked == [accepted(minute) for minute in (6, 7, 8, 9, 0, 1, 2, 3, 4, 5)]


async def test_starting_twice_is_starting_once_and_may_change_the_order(
    engine: AsyncEngine,
) -> None:
    async with WorkFactory(engine, carried).begin() as work:
        order = {"newest_first": True, "today_first": True}
        assert await recovery.start(work, carried, by="a", reason="first", **order)
        order["newest_first"] = False
        assert not await recovery.start(work, carried, by="b", reason="second", **order)
    now = await standing(engine)
    assert (now.started_by, now.reason, now.newest_first) == ("a", "first", False)
