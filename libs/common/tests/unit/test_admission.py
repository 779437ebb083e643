"""Who is let in: orders last to be sent away, probes never."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.database.group_commit import ITEMS_MAX, Pace
from common.http import admission
from common.http.admission import (
    LAG_SECONDS_MAX,
    ORDER_SECONDS_MAX,
    ORDERS_MAX,
    OTHER_SECONDS_MAX,
    OTHERS_AT_ONCE_MAX,
    OTHERS_WAITING_MAX,
    RETRY_SECONDS_MAX,
    Admission,
    Lane,
    Load,
    NoPlace,
    must_wait,
)
from common.http.hot import HotRoute

SECONDS = st.floats(0, 100)
LOADS = st.builds(
    Load,
    orders=st.integers(0, 2 * ORDERS_MAX),
    others=st.integers(0, 2 * (OTHERS_AT_ONCE_MAX + OTHERS_WAITING_MAX)),
    wait_seconds=SECONDS,
    failing_seconds=st.none() | SECONDS,
    probing=st.booleans(),
    lag_seconds=SECONDS,
)


@given(LOADS)
def test_probes_are_always_answered(load: Load) -> None:
    assert not must_wait(Lane.PROBE, load)


@given(LOADS)
def test_nothing_else_is_let_in_while_orders_are_sent_away(load: Load) -> None:
    assert must_wait(Lane.OTHER, load) or not must_wait(Lane.ORDERS, load)


@given(LOADS, st.sampled_from(["orders", "others", "wait_seconds", "lag_seconds"]))
def test_more_load_never_lets_more_in(load: Load, what: str) -> None:
    more = replace(load, **{what: getattr(load, what) + 1})
    for lane in Lane:
        assert must_wait(lane, more) or not must_wait(lane, load)


@given(st.integers(0, 10_000), st.integers(0, OTHERS_AT_ONCE_MAX))
def test_however_many_others_there_are_orders_come_in(others: int, orders: int) -> None:
    assert not must_wait(Lane.ORDERS, Load(orders=orders, others=others))


@pytest.mark.parametrize(
    ("load", "orders", "other"),
    [
        (Load(), False, False),
        (Load(wait_seconds=OTHER_SECONDS_MAX), False, False),
        (Load(wait_seconds=OTHER_SECONDS_MAX + 0.01), False, True),
        (Load(wait_seconds=ORDER_SECONDS_MAX), False, True),
        (Load(wait_seconds=ORDER_SECONDS_MAX + 0.01), True, True),
        (Load(lag_seconds=LAG_SECONDS_MAX + 0.01), False, True),
        (Load(orders=ORDERS_MAX - 1), False, False),
        (Load(orders=ORDERS_MAX), True, True),
        (Load(others=OTHERS_AT_ONCE_MAX + OTHERS_WAITING_MAX), False, True),
        (Load(failing_seconds=9.0), False, False),
        (Load(failing_seconds=0.0, probing=True), True, True),
    ],
)
def test_the_edges_are_where_they_are_said_to_be(load: Load, orders: bool, other: bool) -> None:  # noqa: FBT001 - a table
    assert (must_wait(Lane.ORDERS, load), must_wait(Lane.OTHER, load)) == (orders, other)


# -- the pace of what is committed


def committing(*groups: tuple[int, float]) -> Pace:
    pace, now = Pace(), 0.0
    for items, seconds in groups:
        pace.begin(now)
        now += seconds
        pace.succeed(items, now)
    return pace


def test_while_nothing_is_being_committed_nobody_waits() -> None:
    assert committing((200, 9.0)).seconds_before(0, 100.0) == 0.0


def test_the_wait_is_the_rest_of_this_group_and_the_groups_before_ones_own() -> None:
    pace = committing((200, 0.2))
    pace.begin(10.0)
    assert pace.seconds_before(0, 10.15) == pytest.approx(0.05)
    assert pace.seconds_before(ITEMS_MAX - 1, 10.15) == pytest.approx(0.05)
    assert pace.seconds_before(5 * ITEMS_MAX, 10.15) == pytest.approx(1.05)


def test_a_group_that_takes_longer_than_usual_is_expected_to_take_as_long_again() -> None:
    pace = committing((200, 0.2))
    pace.begin(10.0)
    assert pace.seconds_before(0, 13.0) == pytest.approx(3.0)
    assert pace.seconds_before(2 * ITEMS_MAX, 13.0) == pytest.approx(9.0)


def test_the_pace_follows_what_happened_lately() -> None:
    slow_then_fast = committing((200, 2.0), *[(200, 0.1)] * 20)
    assert slow_then_fast.group_seconds == pytest.approx(0.1, rel=0.05)
    assert slow_then_fast.items_per_second == pytest.approx(2_000, rel=0.05)


def test_a_failure_is_remembered_from_its_beginning_until_something_is_committed() -> None:
    pace = committing((200, 0.2))
    for now in (10.0, 12.0):
        pace.begin(now)
        pace.fail(now + 1)
    assert pace.failing_since == 11.0
    assert pace.group_seconds == pytest.approx(0.2)
    pace.begin(14.0)
    pace.succeed(1, 14.1)
    assert pace.failing_since is None


# -- when to come again


@dataclass
class Commits:
    """Where orders wait, as the test says it is."""

    pace: Pace = field(default_factory=Pace)
    waiting: int = 0


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times = [0.0]
    monkeypatch.setattr(admission, "monotonic_seconds", lambda: times[0])
    return times


def test_whoever_is_sent_away_is_told_when_what_waits_will_be_done(now: list[float]) -> None:
    commits = Commits(committing((200, 1.0)), waiting=1_000)
    commits.pace.begin(0.0)
    now[0] = 0.5
    assert Admission(commits).retry_after() == 6


def test_of_many_sent_away_later_ones_are_told_to_come_later(now: list[float]) -> None:
    commits = Commits(committing((200, 1.0)), waiting=600)
    commits.pace.begin(now[0])
    gate = Admission(commits)
    told = []
    for _ in range(10):
        assert all(gate.refuses(Lane.ORDERS) for _ in range(100))
        told.append(gate.retry_after())
    assert told == sorted(told)
    assert told[-1] - told[0] == pytest.approx(900 / 200, abs=1)


@given(st.integers(0, 10**6), st.floats(0, 10**6), st.none() | st.floats(0, 10**6))
def test_nobody_is_told_never_to_come_again(
    waiting: int, seconds: float, failing_since: float | None
) -> None:
    commits = Commits(committing((200, max(seconds, 1e-3))), waiting)
    commits.pace.begin(-seconds)
    commits.pace.failing_since = failing_since
    assert 1 <= Admission(commits).retry_after() <= RETRY_SECONDS_MAX


def test_while_the_database_is_away_one_order_finds_out_for_all(now: list[float]) -> None:
    commits = Commits()
    commits.pace.begin(0.0)
    commits.pace.fail(1.0)
    now[0] = 5.0
    gate = Admission(commits)
    assert not gate.refuses(Lane.ORDERS)
    commits.pace.begin(5.0)
    assert gate.refuses(Lane.ORDERS)
    assert gate.retry_after() == 4


# -- places


def scope(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path}


def test_a_request_finds_its_lane_by_method_and_path() -> None:
    gate = Admission()
    gate.serve_first([HotRoute("POST", "/v1/things/{name}", pytest.fail)])
    assert gate.lane(scope("POST", "/v1/things/a")) is Lane.ORDERS
    for method, path in (("GET", "/v1/things/a"), ("POST", "/v1/things/a/b"), ("POST", "/v1/x")):
        assert gate.lane(scope(method, path)) is Lane.OTHER
    for path in ("/healthz", "/readyz", "/metrics"):
        assert gate.lane(scope("GET", path)) is Lane.PROBE


async def hold(gate: Admission, lane: Lane, until: asyncio.Event) -> None:
    async with gate.place(lane):
        await until.wait()


async def test_others_wait_for_a_place_and_orders_never_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "PLACE_SECONDS_MAX", 0.0)
    gate, done = Admission(), asyncio.Event()
    held = [asyncio.ensure_future(hold(gate, Lane.OTHER, done)) for _ in range(OTHERS_AT_ONCE_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(NoPlace):
        await hold(gate, Lane.OTHER, done)
    orders = [asyncio.ensure_future(hold(gate, Lane.ORDERS, done)) for _ in range(100)]
    await asyncio.sleep(0)
    assert (gate.load().others, gate.load().orders) == (OTHERS_AT_ONCE_MAX, 100)
    done.set()
    await asyncio.gather(*held, *orders)
    assert gate.load() == Load()
    await hold(gate, Lane.OTHER, done)


async def test_whoever_leaves_while_waiting_for_a_place_takes_none_away() -> None:
    gate, done = Admission(), asyncio.Event()
    held = [
        asyncio.ensure_future(hold(gate, Lane.OTHER, done)) for _ in range(OTHERS_AT_ONCE_MAX + 5)
    ]
    await asyncio.sleep(0)
    for task in held[-5:]:
        task.cancel()
    await asyncio.wait(held[-5:])
    done.set()
    await asyncio.gather(*held[:-5])
    again = [hold(gate, Lane.OTHER, done) for _ in range(OTHERS_AT_ONCE_MAX)]
    await asyncio.gather(*again)
    assert gate.load() == Load()
