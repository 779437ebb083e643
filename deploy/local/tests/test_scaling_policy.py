"""How many workers are wished for, and which wishes become changes."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.autoscaling.policy import Cause, Limits, Reading, wish
from stack.autoscaling.steadiness import (
    COOLDOWN_SECONDS,
    DOWN_SECONDS,
    UP_SECONDS,
    Decision,
    History,
    decide,
)

LIMITS = Limits(workers_max=20, connections_allow=100)
PERIOD = 5.0


def reading(**changes: Any) -> Reading:
    """Two workers that need 2 ms for an event, as in the baseline, and keep up."""
    usual = Reading(
        workers=2,
        depth=0,
        arrived=200,
        settled=200,
        event_seconds=0.002,
        baseline_seconds=0.002,
        probe_seconds=0.001,
    )
    return replace(usual, **changes)


amounts = st.floats(0, 1e6)
durations = st.floats(1e-4, 10)
readings = st.builds(
    Reading,
    workers=st.integers(0, 30),
    depth=st.none() | amounts,
    arrived=amounts,
    settled=amounts,
    event_seconds=st.none() | durations,
    baseline_seconds=st.none() | durations,
    probe_seconds=st.none() | durations,
)
limits = st.builds(
    Limits,
    workers_min=st.integers(1, 3),
    workers_max=st.integers(1, 20),
    connections_allow=st.integers(0, 30),
)


@given(readings, limits)
def test_the_limits_hold_whatever_is_measured(measured: Reading, bounds: Limits) -> None:
    wished = wish(measured, bounds)
    assert bounds.workers_min <= wished.workers <= max(bounds.workers_min, bounds.workers_max)
    assert wished.workers <= max(bounds.workers_min, bounds.connections_allow)
    assert wished.why


@given(readings, st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_to_do_never_asks_for_fewer(measured: Reading, waiting: float, more: float) -> None:
    if measured.depth is None:
        return
    heavier = replace(measured, depth=measured.depth + waiting, arrived=measured.arrived + more)
    assert wish(heavier, LIMITS).workers >= wish(measured, LIMITS).workers


@given(readings)
def test_a_wish_that_is_fulfilled_stays_the_same(measured: Reading) -> None:
    """The load being what it was: otherwise workers would come and go for ever.

    Where there is no worker nothing was measured yet: the first wish is one, and judged anew.
    """
    measured = replace(measured, workers=max(1, measured.workers))
    wished = wish(measured, LIMITS)
    again = wish(replace(measured, workers=wished.workers), LIMITS)
    if wished.cause not in {Cause.SLOW_EVENTS, Cause.SLOW_DATABASE}:
        assert again.workers == wished.workers or again.cause is Cause.SLOW_EVENTS


@given(readings)
def test_what_more_workers_cannot_cure_never_gets_more_of_them(measured: Reading) -> None:
    slow = replace(measured, workers=max(1, measured.workers), probe_seconds=0.05)
    assert wish(slow, LIMITS).workers <= max(slow.workers, LIMITS.workers_min)


def test_time_counts_and_not_length() -> None:
    quick = reading(depth=40_000, event_seconds=0.0001)
    assert wish(quick, LIMITS).cause is not Cause.BEHIND
    slow = reading(depth=4_000, event_seconds=0.02, baseline_seconds=0.02)
    assert wish(slow, LIMITS).workers == 7


def test_a_rule_that_takes_a_second_gets_no_more_workers_and_is_named() -> None:
    incident = reading(
        depth=120_000, arrived=33, settled=1.67, event_seconds=1.2, baseline_seconds=0.008
    )
    wished = wish(incident, LIMITS)
    assert wished.workers == 2
    assert wished.cause is Cause.SLOW_EVENTS
    assert "150 times" in wished.why


def test_after_the_rollback_the_backlog_gets_workers() -> None:
    cured = reading(
        depth=120_000, arrived=33, settled=250, event_seconds=0.008, baseline_seconds=0.008
    )
    wished = wish(cured, LIMITS)
    assert (wished.workers, wished.cause) == (20, Cause.BEHIND)
    assert "limit" in wished.why


def test_small_batches_are_not_taken_for_slow_events() -> None:
    lonely = reading(depth=6_000, arrived=20, settled=20, event_seconds=0.010)
    assert wish(lonely, LIMITS).cause is not Cause.SLOW_EVENTS


def test_a_slow_database_gets_no_more_workers_and_is_named() -> None:
    wished = wish(reading(depth=100_000, probe_seconds=0.2), LIMITS)
    assert (wished.workers, wished.cause) == (2, Cause.SLOW_DATABASE)
    assert "200 ms" in wished.why


def test_what_is_not_measured_changes_nothing() -> None:
    assert wish(reading(depth=None), LIMITS).workers == 2
    assert wish(reading(depth=None), LIMITS).cause is Cause.UNKNOWN


def test_a_service_without_workers_gets_one() -> None:
    assert wish(reading(workers=0, depth=None), LIMITS).workers == 1


def test_the_database_s_connections_are_the_limit_where_they_are_fewer() -> None:
    tight = Limits(workers_max=8, connections_allow=3)
    wished = wish(reading(depth=1_000_000), tight)
    assert wished.workers == 3
    assert "database connections" in wished.why


# --- what becomes of wishes -------------------------------------------------------------------


def play(wanted: list[int], workers: int = 2, history: History | None = None) -> list[int]:
    """Follow the decisions, one wish every five seconds."""
    known, numbers, now = history or History.beginning(0.0, workers), [], 0.0
    for count in wanted:
        now += PERIOD
        decision = made(count, workers, known, now)
        known, workers = decision.history, decision.workers
        numbers.append(workers)
    return numbers


def made(wished: int, workers: int, history: History, now: float) -> Decision:
    measured = replace(wish(reading(), LIMITS), workers=wished, cause=Cause.BEHIND)
    return decide(measured, workers, history, now)


def test_a_wish_must_last_before_workers_come() -> None:
    assert play([8, 2, 8, 2, 8, 2]) == [2] * 6
    assert play([8, 8, 8])[-1] == 4


def test_a_wish_must_last_longer_before_workers_go() -> None:
    steps = int(DOWN_SECONDS / PERIOD)
    assert play([2] * steps, workers=8)[-2:] == [8, 4]
    assert set(play([2] * (steps - 2) + [8] + [2] * (steps - 2), workers=8)) == {8}


def test_from_two_to_eight_and_back_goes_in_steps() -> None:
    up = play([8] * 12)
    assert sorted(set(up)) == [2, 4, 8]
    down = play([2] * 60, workers=8)
    assert sorted(set(down)) == [2, 4, 8]
    assert down == sorted(down, reverse=True)


@given(st.lists(st.integers(1, 20), max_size=200), st.integers(1, 20))
def test_changes_are_rare_and_small(wanted: list[int], workers: int) -> None:
    numbers = [workers, *play(wanted, workers)]
    changes = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1]]
    for before, after in pairwise(changes):
        assert (after - before) * PERIOD >= COOLDOWN_SECONDS
    for i in changes:
        assert numbers[i] <= max(2 * numbers[i - 1], numbers[i - 1] + 2)
        assert numbers[i] >= numbers[i - 1] / 2


@given(st.lists(st.integers(1, 20), max_size=200), st.integers(1, 20))
def test_no_change_overshoots_what_was_wished_lately(wanted: list[int], workers: int) -> None:
    numbers = [workers, *play(wanted, workers)]
    for i in range(1, len(numbers)):
        lately = wanted[max(0, i - math.ceil(UP_SECONDS / PERIOD)) : i]
        if numbers[i] > numbers[i - 1]:
            assert numbers[i] <= min(lately)
        if numbers[i] < numbers[i - 1]:
            assert numbers[i] >= min(wanted[max(0, i - int(DOWN_SECONDS / PERIOD)) : i])


def test_a_gap_in_the_measurements_makes_wishes_wait_again() -> None:
    unknown = wish(reading(depth=None), LIMITS)
    decision = decide(unknown, 2, History.beginning(0.0, 2), 1000.0)
    assert decision.workers == 2
    assert made(8, 2, decision.history, 1005.0).workers == 2


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nothing_changes_while_a_change_is_young(workers: int) -> None:
    young = History(wishes=((0.0, workers),), changed_at=95.0)
    assert made(20, workers, young, 100.0).workers == workers
