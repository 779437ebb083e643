"""The baseline: when orders are due, what a ratio is, and what counts as a regression."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.baseline import history
from loadtest.baseline.comparing import Change, changes
from loadtest.baseline.counters import Count, event_seconds, read
from loadtest.baseline.figures import Figure, Round, as_json, figures, from_json, told
from loadtest.baseline.measuring import compared
from loadtest.baseline.plot import draw
from loadtest.baseline.scenarios import BASE_RATE, BY_HOUR, FLASH, ONE_IN, scenarios
from loadtest.baseline.yardstick import Yardstick

NAMES = [
    "orders_per_second",
    "kept_up_share",
    "accepted_share",
    "cpu_seconds_per_order",
    "decision_p50_seconds",
    "task_p99_seconds",
    "event_seconds.risk",
]
METRICS = """
# TYPE sluice_events_total counter
sluice_events_total{event="a.v1",outcome="handled",service="risk"} 90.0
sluice_events_total{event="a.v1",outcome="duplicate",service="risk"} 10.0
sluice_events_total{event="b.v1",outcome="published",service="risk"} 500.0
sluice_busy_seconds_total{service="risk"} 0.5
"""


def figure(ratio: float, noise: float = 0.0, rounds: int = 5) -> Figure:
    return Figure(ratio, ratio, noise, (ratio,) * rounds)


def test_a_day_has_its_orders_in_order_and_by_its_curve() -> None:
    steady, peak, *_ = scenarios()
    assert (steady.orders, peak.orders) == (50_000 // ONE_IN, 120_000 // ONE_IN)
    for day in (steady, peak):
        assert list(day.dues) == sorted(day.dues)
        for hour, share in enumerate(BY_HOUR):
            within = sum(hour <= due < hour + 1 for due in day.dues)
            assert within == pytest.approx(day.orders * share / sum(BY_HOUR), abs=2)


def test_a_flash_sale_is_so_many_times_the_calm_before_it() -> None:
    flash = next(each for each in scenarios() if each.name == "flash")
    in_second = [sum(second <= due < second + 1 for due in flash.dues) for second in range(16)]
    assert in_second[:4] == [BASE_RATE] * 4
    assert in_second[4:12] == [BASE_RATE * FLASH] * 8


def test_a_machine_twice_as_slow_shows_the_same_ratios() -> None:
    fast, slow = Yardstick(400.0, 0.002), Yardstick(200.0, 0.004)
    values = {"orders_per_second": 480.0, "cpu_seconds_per_order": 0.004, "task_p50_seconds": 0.2}
    on_slow = {"orders_per_second": 240.0, "cpu_seconds_per_order": 0.008, "task_p50_seconds": 0.4}
    assert compared(values, fast) == pytest.approx(compared(on_slow, slow))
    assert compared({"accepted_share": 0.9}, fast) == {"accepted_share": 0.9}


def test_a_figure_is_the_middle_round_and_its_noise_half_the_range() -> None:
    taken = [Round({"a": v, "b": 1.0}, {"a": v / 10, "b": 0.0}) for v in (9.0, 10.0, 13.0)]
    found = figures(taken)
    assert (found["a"].value, found["a"].ratio) == (10.0, 1.0)
    assert found["a"].noise == pytest.approx(0.2)
    assert found["b"].noise == 0.0
    assert from_json(as_json(found["a"])).rounds == found["a"].rounds


def test_what_one_round_lacks_is_no_figure() -> None:
    whole = Round({"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 1.0})
    assert set(figures([whole, Round({"a": 1.0}, {"a": 1.0})])) == {"a"}


@pytest.mark.parametrize(
    ("name", "was", "now", "regression", "gain"),
    [
        ("task_p95_seconds", figure(100), figure(109), False, False),
        ("task_p95_seconds", figure(100), figure(112), True, False),
        ("task_p95_seconds", figure(100, 0.1), figure(118, 0.1), False, False),
        ("task_p95_seconds", figure(100, 0.1), figure(122, 0.1), True, False),
        ("task_p95_seconds", figure(100), figure(85), False, True),
        ("orders_per_second", figure(1.1), figure(0.9), True, False),
        ("orders_per_second", figure(0.9), figure(1.1), False, True),
        ("task_p95_seconds", figure(100), figure(124, rounds=1), False, False),
        ("task_p95_seconds", figure(100), figure(126, rounds=1), True, False),
    ],
)
def test_only_what_noise_does_not_explain_is_a_change(
    name: str, was: Figure, now: Figure, *, regression: bool, gain: bool
) -> None:
    change = Change("peak", name, was, now)
    assert (change.is_regression, change.is_gain) == (regression, gain)


@given(st.sampled_from(NAMES), st.floats(0.01, 100), st.floats(0, 1), st.integers(1, 9))
def test_nothing_is_a_change_from_itself(
    name: str, ratio: float, noise: float, rounds: int
) -> None:
    change = Change("peak", name, figure(ratio, noise, rounds), figure(ratio, noise, rounds))
    assert (change.is_regression, change.is_gain) == (False, False)


def test_a_regression_says_which_how_much_and_what_noise_explains() -> None:
    change = Change("flash", "task_p95_seconds", figure(100, 0.05), figure(150, 0.02))
    assert change.sentence() == (
        "flash: webhook to warehouse task, p95 is 1.50 times worse (100 -> 150 in units of the"
        " bare pipeline; noise explains 1.10 times)"
    )


def test_only_what_both_runs_have_is_compared() -> None:
    was = {"peak": {"task_p50_seconds": figure(1), "task_p95_seconds": figure(1)}}
    now = {"peak": {"task_p50_seconds": figure(1)}, "flash": {"task_p50_seconds": figure(1)}}
    assert [(c.scenario, c.figure) for c in changes(was, now)] == [("peak", "task_p50_seconds")]


def test_an_event_costs_the_time_of_batches_by_the_events_that_ended_in_them() -> None:
    assert read(METRICS) == Count(busy_seconds=0.5, events=100.0)
    after = {"risk": read(METRICS), "ingest": Count()}
    assert event_seconds({}, after) == {"risk": 0.005}
    assert event_seconds(after, after) == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words(name: str) -> None:
    assert told(name) != name


def test_a_run_is_read_again_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "HISTORY", tmp_path / "history.jsonl")
    monkeypatch.setattr(history, "KEPT", tmp_path / "kept.json")
    now = {"peak": {name: figure(2.0, 0.1) for name in NAMES}}
    history.write(now, {"rounds": 5}, [], keep=False)
    assert history.kept(history.KEPT) is None
    history.write(now, {"rounds": 5}, ["worse"], keep=True)
    found = history.kept(history.KEPT)
    assert found is not None
    assert found.figures == now
    assert len(history.HISTORY.read_text().splitlines()) == 2


def test_the_picture_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    found = [Change("peak", name, figure(1, 0.1), figure(1.5)) for name in NAMES]
    pictures = [tmp_path / f"{number}.svg" for number in range(2)]
    for picture in pictures:
        draw(found, "title", picture)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
