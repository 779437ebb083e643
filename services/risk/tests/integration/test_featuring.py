"""Features from what is stored: exact, whatever the batches, and no worker waits for another."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from common.contracts.order import Order
from common.database.work import WorkFactory
from common.ids import first_id_at, new_id
from risk.domain.features import FEATURES_VERSION, POSITIONS, Subject, Vector
from risk.domain.velocity import NONE_SEEN, SUM_MAX, Cell, Sum, Tally, hour_begins, minute_of
from risk.store import snapshots, tables
from risk.store import velocity as store
from risk.store.feature_tables import feature_snapshot, receiver_history, velocity
from risk.store.features import load
from risk.store.snapshots import Snapshot
from risk.use_cases import featuring
from support.infrastructure import NewDatabase

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
async def migrated(new_database: NewDatabase) -> AsyncEngine:
    return await new_database("risk", tables.carried)


@pytest.fixture
async def works(migrated: AsyncEngine) -> WorkFactory:
    async with migrated.begin() as connection:
        await connection.execute(
            text("truncate risk.velocity, risk.receiver_history, risk.feature_snapshot")
        )
    return WorkFactory(migrated, tables.carried)


@pytest.fixture
def subject(order: Order) -> Subject:
    known = order.customer.model_copy(update={"platform_id": "7"})
    device = order.model_copy(update={"customer": known, "device": "d"})
    return featuring.subject_of(new_id(), device, NOW)


def at(subject: Subject, received: datetime) -> Subject:
    minute = minute_of(received)
    cells = tuple(cell and cell._replace(minute=minute) for cell in subject.cells)
    return subject._replace(order_id=new_id(), cells=cells)


def of(subject: Subject, *keys: int | None) -> Subject:
    """The same of somebody else."""
    cells = tuple(None if k is None else Cell(k, "CNY", minute_of(NOW)) for k in keys)
    return subject._replace(order_id=new_id(), cells=cells)


async def decide(
    works: WorkFactory, subjects: Sequence[Subject], refused: Sequence[Subject] = ()
) -> list[Vector]:
    async with works.begin() as work:
        made = await featuring.vectors(work, subjects)
        await featuring.count(work, subjects, refused)
    return made


def named(vector: Vector, *names: str) -> tuple[object, ...]:
    return tuple(vector[POSITIONS[name]] for name in names)


async def rows(works: WorkFactory, minute: int | None = None) -> int:
    counted = select(func.count()).select_from(velocity)
    if minute is not None:
        counted = counted.where(velocity.c.minute == minute)
    async with works.engine.connect() as connection:
        return int(await connection.scalar(counted) or 0)


def some_orders(subject: Subject, number: int, seed: int) -> list[Subject]:
    """Orders of few people in two currencies within 26 hours, more of them lately, in any order."""
    chance = random.Random(seed)
    spans = [1, 3, 61, 125, 26 * 60]
    made = []
    for _ in range(number):
        somebody = of(subject, *(chance.choice([None, place, -place]) for place in range(1, 6)))
        then = at(somebody, NOW - timedelta(minutes=chance.randrange(chance.choice(spans))))
        currency = chance.choice(["CNY", "USD"])
        cells = tuple(cell and cell._replace(currency=currency) for cell in then.cells)
        amount = chance.choice([0, 1, 2**53 - 1])
        made.append(then._replace(cells=cells, currency=currency, payable_minor=amount))
    return made


@pytest.mark.parametrize("seed", range(4))
async def test_counters_are_what_counting_anew_finds_however_orders_are_batched(
    works: WorkFactory, subject: Subject, seed: int
) -> None:
    orders = some_orders(subject, 120, seed)
    chance, made = random.Random(seed), list[Vector]()
    while len(made) < len(orders):
        end = len(made) + chance.randrange(1, 40)
        made += await decide(works, orders[len(made) : end])
    tally, customers = Tally(), set[int]()
    for order, vector in zip(orders, made, strict=True):
        expected = [(None,) * 6 if c is None else tally.onto(NONE_SEEN, c) for c in order.cells]
        first = POSITIONS["customer.orders_1m"]
        assert vector[first : first + 30] == tuple(value for counts in expected for value in counts)
        new = order.customer and order.customer.key not in customers
        assert named(vector, "customer.is_new") == (new,)
        for cell in filter(None, order.cells):
            tally.add(cell, order.payable_minor)
        customers |= {order.customer.key} if order.customer else set()


async def test_of_two_workers_at_one_shop_neither_waits(works: WorkFactory) -> None:
    cell = Cell(5, "CNY", minute_of(NOW))
    async with asyncio.timeout(5), works.begin() as one:
        await store.add(one.connection, [(cell, Sum(1, 10))], slot=1)
        async with works.begin() as two:
            await store.add(two.connection, [(cell, Sum(1, 10))], slot=2)
    async with works.begin() as work:
        known = await load(work.connection, [cell], [])
    assert known.counts(cell) == (2, 2, 2, 20, 20, 20)


async def test_batches_with_the_same_people_in_other_orders_do_not_block_each_other(
    works: WorkFactory, subject: Subject
) -> None:
    people = [of(subject, n, -n, 1000 + n, None, 9000) for n in range(1, 60)]
    batches = [people, people[::-1], people[20:] + people[:20]] * 4
    await asyncio.gather(*(decide(works, batch) for batch in batches))
    async with works.begin() as work:
        found = await work.connection.execute(select(receiver_history.c.orders))
        assert set(found.scalars()) == {len(batches)}
        (vector,) = await featuring.vectors(work, [people[0]])
    assert named(vector, "customer.orders_1h") == (len(batches),)
    assert named(vector, "shop.orders_1h") == (len(batches) * len(people),)


async def test_a_refusal_is_remembered_of_customer_and_phone(
    works: WorkFactory, subject: Subject
) -> None:
    refused, held = subject, at(subject, NOW)
    await decide(works, [refused, held], refused=[refused])
    async with works.begin() as work:
        await featuring.count_refusal(work, held)
        (vector,) = await featuring.vectors(work, [at(subject, NOW)])
        history = (await work.connection.execute(select(receiver_history))).all()
    assert named(vector, "customer.refusals", "phone.refusals", "customer.is_new") == (2, 2, False)
    assert {(row.orders, row.refusals) for row in history} == {(2, 2)}


async def test_an_order_of_nobody_is_counted_for_its_shop_alone(
    works: WorkFactory, subject: Subject
) -> None:
    nobody = of(subject, None, None, None, None, 9)
    first, second = await decide(works, [nobody, at(nobody, NOW)])
    assert named(second, "shop.orders_24h", "customer.orders_24h") == (1, None)
    assert named(first, "shop.orders_24h") == (0,)
    async with works.engine.connect() as connection:
        assert (await connection.execute(select(receiver_history))).all() == []


async def test_nothing_at_all_is_no_work(works: WorkFactory) -> None:
    assert await decide(works, []) == []


async def test_sums_stay_at_what_can_be_held(works: WorkFactory) -> None:
    cell = Cell(5, "CNY", minute_of(NOW))
    async with works.begin() as work:
        for slot in (1, 1, 2):
            await store.add(work.connection, [(cell, Sum(1, SUM_MAX))], slot)
        known = await load(work.connection, [cell], [])
    assert known.counts(cell) == (3, 3, 3, SUM_MAX, SUM_MAX, SUM_MAX)


async def counted(works: WorkFactory, cells: Sequence[Cell]) -> list[tuple[int, ...]]:
    async with works.begin() as work:
        known = await load(work.connection, cells, [])
        return [tuple(known.counts(cell)) for cell in cells]


async def test_merging_changes_no_counter_of_an_order_decided_within_an_hour(
    works: WorkFactory,
) -> None:
    now = minute_of(NOW)
    chance = random.Random(7)
    cells = [
        (
            Cell(chance.randrange(3), chance.choice(["CNY", "USD"]), now - chance.randrange(320)),
            slot,
        )
        for _ in range(400)
        for slot in (chance.randrange(1, 4),)
    ]
    async with works.begin() as work:
        for cell, slot in cells:
            await store.add(work.connection, [(cell, Sum(1, 5))], slot)
    asked = [
        Cell(key, currency, now - late)
        for key in range(3)
        for currency in ("CNY", "USD")
        for late in (0, 1, 30, 59, 60)
    ]
    before, many = await counted(works, asked), await rows(works)
    gone = await featuring.merge(works, NOW)
    assert gone > 100
    assert await rows(works) < many
    assert await counted(works, asked) == before
    assert await featuring.merge(works, NOW) == 0
    async with works.begin() as work:  # one that came late joins the hour it belongs to
        late = Cell(0, "CNY", store.hours_to_merge(now)[-1] + 7)
        await store.add(
            work.connection,
            [(late, Sum(1, 5)), (late._replace(minute=late.minute + 1), Sum(1, 5))],
            1,
        )
    assert await featuring.merge(works, NOW) == 2
    assert (await counted(works, asked[:1]))[0][2] == before[0][2] + 2


async def test_who_ordered_once_in_an_hour_stays_as_it_is(works: WorkFactory) -> None:
    hour = store.hours_to_merge(minute_of(NOW))[-1]
    async with works.begin() as work:
        await store.add(work.connection, [(Cell(1, "CNY", hour + 9), Sum(1, 5))], 1)
    assert await featuring.merge(works, NOW) == 0
    assert await rows(works, hour + 9) == 1


async def test_what_a_worker_holds_at_this_moment_is_left_for_the_next_time(
    works: WorkFactory,
) -> None:
    hour = store.hours_to_merge(minute_of(NOW))[-1]
    sums = [(Cell(1, "CNY", hour + n), Sum(1, 5)) for n in range(5)]
    async with works.begin() as work:
        await store.add(work.connection, sums, 1)
    async with asyncio.timeout(5), works.begin() as work:
        await store.add(work.connection, sums[:1], 1)
        assert await featuring.merge(works, NOW) == 4
    (counts,) = await counted(works, [Cell(1, "CNY", hour + 60)])
    assert (counts[2], counts[5]) == (6, 30)


async def test_what_no_window_reaches_is_dropped(works: WorkFactory) -> None:
    now = minute_of(NOW)
    first_kept = hour_begins(now) - 25 * 60
    async with works.begin() as work:
        for minute in (first_kept - 1, first_kept, now - 1440):
            await store.add(work.connection, [(Cell(1, "CNY", minute), Sum(1, 5))], 1)
    assert await featuring.merge(works, NOW) == 1
    assert await rows(works) == 2
    assert await rows(works, first_kept) == 1


async def test_one_merges_at_a_time(works: WorkFactory) -> None:
    hour = store.hours_to_merge(minute_of(NOW))[-1]
    async with works.begin() as work:
        for n in range(5):
            await store.add(work.connection, [(Cell(1, "CNY", hour + n), Sum(1, 5))], 1)
    merged = sum(await asyncio.gather(*(featuring.merge(works, NOW) for _ in range(3))))
    # Each may have been in the others' way: what is left is merged by whoever comes next.
    assert merged + await featuring.merge(works, NOW) == 5


async def test_a_snapshot_comes_back_as_it_was(works: WorkFactory, subject: Subject) -> None:
    (vector,) = await decide(works, [subject])
    first = Snapshot(subject.order_id, 1, FEATURES_VERSION, vector, {"bureau": [700, None]})
    second = replace(first, decision_no=2, results={})
    other = replace(first, order_id=new_id())
    async with works.begin() as work:
        await snapshots.add(work.connection, [])
        await snapshots.add(work.connection, [first, second, other])
        assert await snapshots.of_order(work.connection, subject.order_id) == [first, second]
        ids = [subject.order_id, other.order_id, new_id()]
        found = await snapshots.latest(work.connection, ids)
        assert found == {subject.order_id: second, other.order_id: other}
        assert await snapshots.latest(work.connection, []) == {}


async def test_the_newest_snapshots_come_first(works: WorkFactory) -> None:
    def received(hours: int) -> UUID:
        return UUID(int=first_id_at(NOW - timedelta(hours=hours)).int + 1)

    made = [Snapshot(received(hours), 1, FEATURES_VERSION, (), {}) for hours in (30, 1, 50, 2)]
    async with works.begin() as work:
        await snapshots.add(work.connection, made)
        found = await snapshots.recent(work.connection, 3, NOW - timedelta(hours=40))
        assert [s.order_id for s in found] == [received(1), received(2), received(30)]
        found = await snapshots.recent(work.connection, 1, NOW - timedelta(hours=40))
        assert [s.order_id for s in found] == [received(1)]


async def test_snapshots_lie_in_the_partition_of_their_orders_day(works: WorkFactory) -> None:
    async with works.begin() as work:
        today = Snapshot(first_id_at(NOW), 1, FEATURES_VERSION, (), {})
        await snapshots.add(work.connection, [today])
        place = await work.connection.scalar(
            select(text("tableoid::regclass::text")).select_from(feature_snapshot)
        )
    assert place == f"risk.feature_snapshot_{NOW:%Y%m%d}"
