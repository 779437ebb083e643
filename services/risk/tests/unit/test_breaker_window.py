"""The window tells what a list of all calls would tell, at less cost."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from risk.domain.sliding_window import SlidingWindow

BUCKETS, RECENT = 5, 2


@dataclass(frozen=True)
class Step:
    gap: float
    calls: int
    slow: int
    failed: int
    late: int
    """Failures of calls that were counted `age` buckets ago."""
    age: int


steps = st.lists(
    st.builds(
        Step,
        # Exact in binary, so that a sum of gaps meets the edges of buckets exactly.
        gap=st.integers(0, 40).map(lambda n: n / 8) | st.just(1000.0),
        calls=st.integers(0, 5),
        slow=st.integers(0, 5),
        failed=st.integers(0, 5),
        late=st.integers(0, 2),
        age=st.integers(0, BUCKETS + 2),
    ),
    max_size=40,
)


@given(steps)
def test_it_counts_what_a_list_of_the_last_buckets_counts(history: list[Step]) -> None:
    window = SlidingWindow(seconds=BUCKETS, buckets=BUCKETS, recent_seconds=RECENT)
    now, seen = 0.0, []
    for step in history:
        now += step.gap
        window.advance(now, in_flight=0)
        seconds = step.slow / 4
        window.add(calls=step.calls, slow=step.slow, failed=step.failed, slow_seconds=seconds)
        window.fail_late(window.epoch - step.age, step.late)
        seen.append((int(now), step))
        oldest = int(now) - BUCKETS + 1
        kept = [s for at, s in seen if at >= oldest]
        late = sum(s.late for at, s in seen if at - s.age >= oldest)
        assert window.calls == sum(s.calls for s in kept)
        assert window.slow == sum(s.slow for s in kept)
        assert window.failed == sum(s.failed for s in kept) + late
        recent = [s for at, s in seen if at > int(now) - RECENT]
        assert window.strain().seconds == sum(s.slow / 4 for s in recent)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_time_that_goes_back_is_the_present(one: float, other: float) -> None:
    window = SlidingWindow(seconds=10.0, buckets=10, recent_seconds=2.0)
    window.advance(max(one, other), in_flight=0)
    window.add_good()
    window.advance(min(one, other), in_flight=0)
    window.add_good()
    assert window.epoch == int(max(one, other))
    window.advance(max(one, other), in_flight=0)
    assert window.calls == 2


@given(st.integers(0, 30), st.floats(0, 1e7))
def test_a_gap_of_any_length_leaves_nothing_behind(in_flight: int, gap: float) -> None:
    window = SlidingWindow(seconds=10.0, buckets=10, recent_seconds=2.0)
    window.advance(0.0, in_flight=0)
    window.add(calls=9, slow=8, failed=7, slow_seconds=6.0)
    window.advance(10.0 + gap, in_flight=in_flight)
    assert (window.calls, window.slow, window.failed) == (0, 0, 0)
    strain = window.strain()
    assert (strain.seconds, strain.crowd) == (0.0, max(1, in_flight))


def test_cleared_it_remembers_the_time_alone() -> None:
    window = SlidingWindow(seconds=10.0, buckets=10, recent_seconds=2.0)
    window.advance(42.0, in_flight=3)
    window.add(calls=9, slow=8, failed=7, slow_seconds=6.0)
    window.clear()
    assert (window.calls, window.slow, window.failed, window.epoch) == (0, 0, 0, 42)
    assert window.strain().crowd == 1
