"""When a backlog will be gone, and when that is too late."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from common.messaging.recovery.trend import Limits, Measure, Trend

LIMITS = Limits(drain_seconds=300, events_min=1_000)


def noting(*measures: tuple[float, float, int], consumers: int = 2) -> Trend:
    trend = Trend(LIMITS)
    for at, waiting, settled in measures:
        trend.note(Measure(at, waiting, settled, consumers))
    return trend


def test_the_rate_is_that_of_all_consumers() -> None:
    trend = noting((0, 9_000, 0), (10, 9_000, 1_000))
    assert trend.events_per_second() == 200
    assert trend.drain_seconds() == 45


def test_nothing_is_predicted_before_enough_was_seen() -> None:
    assert noting((0, 100_000, 0), (9, 100_000, 0)).drain_seconds() == 0


def test_a_queue_that_stands_still_never_drains() -> None:
    assert noting((0, 5, 7), (10, 5, 7)).drain_seconds() == inf


def test_an_empty_queue_is_drained() -> None:
    assert noting((0, 5, 7), (10, 0, 7)).drain_seconds() == 0


def test_the_slow_rule_of_the_incident_makes_a_recovery_due_on_the_third_measure() -> None:
    """1.2 s an event at two consumers, while 100 orders a second come in."""
    trend = Trend(LIMITS)
    due_at = []
    for second in range(30):
        trend.note(Measure(second, 2_000 + second * 98.0, int(second / 1.2), 2))
        if trend.is_overdue():
            due_at.append(second)
    assert due_at[0] == 12


def test_a_short_queue_is_no_backlog_however_slow() -> None:
    assert not noting(*((second, 999, 0) for second in range(60))).is_overdue()


def test_one_good_measure_starts_the_count_over() -> None:
    trend = noting(*((second, 5_000, 0) for second in range(13)))
    assert trend.is_overdue()
    trend.note(Measure(13, 5_000, 100_000, 2))
    assert not trend.is_overdue()


def test_what_is_long_ago_is_forgotten() -> None:
    trend = noting(*((second, 5_000, 0) for second in range(100)))
    for second in range(100, 140):
        trend.note(Measure(second, 5_000, (second - 100) * 50, 2))
    assert trend.events_per_second() == 100


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 10**6), st.integers(0, 10**4))))
def test_a_prediction_is_never_negative_and_never_an_error(
    steps: list[tuple[float, int, int]],
) -> None:
    trend = Trend(LIMITS)
    at, settled = 0.0, 0
    for seconds, waiting, more in steps:
        at, settled = at + seconds, settled + more
        trend.note(Measure(at, waiting, settled, 1))
        assert trend.drain_seconds() >= 0
