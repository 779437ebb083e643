"""What is made of the numbers that workers show."""

import pytest

from stack.autoscaling.measurements import SILENT_SECONDS_MAX, Measurements
from stack.autoscaling.sampling import WorkerSample

SHOWN = """
# HELP sluice_events_total Events by what became of them.
sluice_events_total{service="risk",event="order.received.v1",outcome="handled"} 100.0
sluice_events_total{service="risk",event="order.received.v1",outcome="published"} 100.0
sluice_events_total{service="risk",event="hold.missed.v1",outcome="duplicate"} 20.0
sluice_busy_seconds_total{service="risk"} 0.5
sluice_backlog_events{service="risk",lane="main"} 300.0
sluice_backlog_events{service="risk",lane="parked"} 7.0
sluice_baseline_event_seconds{service="risk"} 0.002
sluice_database_probe_seconds{service="risk"} NaN
"""


def sample(at: float, *, busy: float, settled: float, main: float, probe: float) -> WorkerSample:
    return WorkerSample(
        at=at,
        busy_seconds=busy,
        settled=settled,
        depths=(main, None),
        baseline_seconds=0.002,
        probe_seconds=probe,
    )


def test_what_a_worker_shows_is_read() -> None:
    read = WorkerSample.read(SHOWN, 5.0)
    assert read == WorkerSample(
        at=5.0,
        busy_seconds=0.5,
        settled=120.0,
        depths=(300.0, None),
        baseline_seconds=0.002,
        probe_seconds=None,
    )


def test_a_service_that_shows_nothing_is_unknown() -> None:
    measured = Measurements()
    measured.take({"a": WorkerSample.read("", 0.0)}, 0.0)
    reading = measured.reading(1, 0.0)
    assert reading.depth is None
    assert reading.event_seconds is None


def test_rates_are_of_all_workers_and_the_depth_is_of_the_one_queue() -> None:
    measured = Measurements()
    for at in range(3):
        now = float(at * 10)
        one = sample(now, busy=now / 2, settled=100 * now, main=1000 + 50 * now, probe=0.3)
        two = sample(now, busy=now / 2, settled=300 * now, main=900, probe=0.001 * (at + 1))
        measured.take({"one": one, "two": two}, now)
    reading = measured.reading(2, 20.0)
    assert reading.depth == 2000
    assert reading.settled == pytest.approx(400)
    assert reading.arrived == pytest.approx(450)
    assert reading.event_seconds == pytest.approx(1 / 400)
    assert reading.probe_seconds == 0.001


def test_a_worker_that_is_gone_is_forgotten_after_a_while() -> None:
    measured = Measurements()
    measured.take({"a": sample(0, busy=0, settled=0, main=10, probe=0.001)}, 0.0)
    measured.take({"a": sample(5, busy=1, settled=50, main=10, probe=0.001)}, 5.0)
    later = 5.0 + SILENT_SECONDS_MAX + 1
    measured.take({}, later)
    assert measured.reading(1, later).depth is None
    assert measured.reading(1, later).settled == 0
