"""What trips a breaker, how it comes back, and what it says meanwhile."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain import breaker as breaker_module
from risk.domain.breaker import Breaker, BreakerPolicy, Probe, State

POLICY = BreakerPolicy()
SLOW_AFTER = 0.024
GOOD, SLOW = 0.008, 0.05


def new(policy: BreakerPolicy = POLICY) -> Breaker:
    return Breaker(policy, slow_after_seconds=SLOW_AFTER, random=lambda: 0.0)


def call(breaker: Breaker, at: float, seconds: float = GOOD, *, failed: bool = False) -> None:
    breaker.end(breaker.begin(at), at + seconds, failed=failed)


def tripped(policy: BreakerPolicy = POLICY) -> Breaker:
    """Return one that has opened at 0 s."""
    breaker = new(policy)
    breaker.observe(0.0, calls=20, seconds_each=0.0, failures=20)
    assert breaker.state(0.0) is State.OPEN
    return breaker


def leased(breaker: Breaker, now: float, count: int) -> list[Probe]:
    probes = [breaker.lease_probe(now) for _ in range(count)]
    found = [p for p in probes if p is not None]
    assert len(found) == count
    return found


@pytest.mark.parametrize(
    ("calls", "slow", "failed", "state"),
    [
        (19, 0, 19, State.CLOSED),  # too few to judge
        (20, 0, 3, State.CLOSED),
        (20, 0, 4, State.OPEN),
        (200, 0, 39, State.CLOSED),
        (200, 0, 40, State.OPEN),
        (19, 9, 0, State.CLOSED),
        (20, 9, 0, State.CLOSED),
        (20, 10, 0, State.OPEN),
        (200, 99, 20, State.CLOSED),  # both below their limits
    ],
)
def test_it_trips_at_its_rates(calls: int, slow: int, failed: int, state: State) -> None:
    lenient = BreakerPolicy(busy_share=1.0)
    breaker = new(lenient)
    if calls - slow:
        breaker.observe(1.0, calls=calls - slow, seconds_each=GOOD, failures=failed)
    if slow:
        breaker.observe(1.0, calls=slow, seconds_each=SLOW_AFTER + 0.001, failures=0)
    assert breaker.state(1.0) is state


def test_a_call_exactly_at_the_limit_is_not_slow() -> None:
    breaker = new()
    breaker.end(breaker.begin(0.0), SLOW_AFTER, failed=False)
    assert breaker.explain(1.0).slow == 0


def test_calls_that_hang_trip_it_before_they_come_back() -> None:
    breaker = new()
    hanging = [breaker.begin(0.0) for _ in range(20)]
    assert breaker.permits(SLOW_AFTER)
    assert not breaker.permits(SLOW_AFTER + 0.001)
    for each in hanging:
        breaker.end(each, 1.2, failed=True)
    assert breaker.explain(1.2).calls == 0  # of an earlier era


def test_an_overdue_call_counts_once_whenever_it_ends() -> None:
    breaker = new()
    hanging = breaker.begin(0.0)
    assert breaker.explain(0.5).slow == 1
    assert breaker.explain(0.5).overdue == 1
    breaker.end(hanging, 0.6, failed=True)
    breaker.end(hanging, 0.7, failed=True)
    told = breaker.explain(0.8)
    assert (told.calls, told.slow, told.failed, told.overdue, told.in_flight) == (1, 1, 1, 0, 0)


def test_a_call_that_never_comes_back_is_forgotten() -> None:
    breaker = new()
    breaker.begin(0.0)
    assert breaker.explain(5.0).in_flight == 1
    told = breaker.explain(10.1)
    assert (told.in_flight, told.overdue) == (0, 0)
    assert breaker.explain(16.0).calls == 0


def test_an_abandoned_call_is_slow_however_short() -> None:
    breaker = new()
    breaker.abandon(breaker.begin(0.0), 0.001)
    told = breaker.explain(0.001)
    assert (told.calls, told.slow, told.failed) == (1, 1, 0)


def test_one_call_that_hangs_is_not_a_sick_check() -> None:
    breaker = new()
    hanging = breaker.begin(0.0)
    for tick in range(1, 80):
        assert breaker.permits(tick / 10)
    breaker.end(hanging, 8.0, failed=False)
    assert breaker.permits(8.0)


def test_slow_calls_among_many_at_once_are_measured_against_all_of_them() -> None:
    """Two of a hundred slow: 5 x 0.4 s = 2 s in 2 s would be everything, were there one lane."""
    breaker = new()
    crowd = [breaker.begin(100.1) for _ in range(100)]
    for each in crowd[5:]:
        breaker.end(each, 100.11, failed=False)
    for each in crowd[:5]:
        breaker.end(each, 100.5, failed=False)
    assert breaker.state(100.5) is State.CLOSED
    assert breaker.explain(100.5).busy_share == pytest.approx(5 * 0.4 / (2.0 * 100))


def test_calls_begun_before_a_transition_do_not_weigh_after_it() -> None:
    breaker = new()
    old = [breaker.begin(0.0) for _ in range(30)]
    breaker.force("open", 0.001)
    breaker.force("closed", 0.002)
    breaker.force(None, 0.003)
    for each in old:
        breaker.end(each, 5.0, failed=True)
    told = breaker.explain(5.0)
    assert (told.state, told.calls, told.failed, told.in_flight) == (State.CLOSED, 0, 0, 0)


def test_half_open_it_permits_no_order() -> None:
    breaker = tripped()
    assert not breaker.permits(4.99)
    assert breaker.state(5.0) is State.HALF_OPEN
    assert not breaker.permits(5.0)
    leased(breaker, 5.0, 3)
    assert not breaker.permits(6.0)


def test_it_lends_no_more_than_its_probes_and_closes_when_all_went_well() -> None:
    breaker = tripped()
    assert breaker.lease_probe(4.0) is None
    probes = leased(breaker, 5.0, 5)
    assert breaker.lease_probe(5.0) is None
    for probe in probes[:4]:
        breaker.end_probe(probe, 5.1, seconds=GOOD, failed=False)
        breaker.end_probe(probe, 5.1, seconds=GOOD, failed=False)  # told twice
    assert breaker.lease_probe(5.1) is None
    assert breaker.state(5.1) is State.HALF_OPEN
    breaker.end_probe(probes[4], 5.2, seconds=GOOD, failed=False)
    assert breaker.state(5.2) is State.CLOSED
    assert breaker.permits(5.2)


@pytest.mark.parametrize(("seconds", "failed"), [(GOOD, True), (1.2, False)])
def test_one_bad_probe_opens_it_for_longer(*, seconds: float, failed: bool) -> None:
    breaker = tripped()
    one, *others = leased(breaker, 5.0, 5)
    breaker.end_probe(one, 6.0, seconds=seconds, failed=failed)
    assert breaker.state(15.9) is State.OPEN
    assert breaker.state(16.0) is State.HALF_OPEN
    for late in others:
        breaker.end_probe(late, 16.0, seconds=1.2, failed=True)
    assert breaker.state(16.0) is State.HALF_OPEN  # of an earlier era


def test_a_lease_that_is_not_reported_back_expires() -> None:
    breaker = tripped()
    leased(breaker, 5.0, 5)
    assert breaker.lease_probe(14.9) is None
    leased(breaker, 15.0, 5)


def test_after_its_lease_a_good_probe_is_too_late_and_a_bad_one_tells() -> None:
    breaker = tripped(BreakerPolicy(probes=1))
    (late_good,) = leased(breaker, 5.0, 1)
    (late_bad,) = leased(breaker, 15.0, 1)
    breaker.end_probe(late_good, 15.1, seconds=GOOD, failed=False)
    assert breaker.state(15.1) is State.HALF_OPEN
    breaker.end_probe(late_bad, 26.0, seconds=11.0, failed=False)
    assert breaker.state(26.0) is State.OPEN


def openings(breaker: Breaker, count: int) -> list[float]:
    """Let every probe fail; return how long each opening lasted."""
    lengths, now = [], 0.0
    for _ in range(count):
        until = breaker.explain(now).half_open_in_seconds
        assert until is not None
        lengths.append(until)
        now += until
        probe = breaker.lease_probe(now)
        assert probe is not None
        breaker.end_probe(probe, now, seconds=GOOD, failed=True)
    return lengths


def test_openings_double_up_to_the_maximum() -> None:
    assert openings(tripped(), 5) == pytest.approx([5.0, 10.0, 20.0, 24.0, 24.0])


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_no_opening_is_shorter_or_longer_than_allowed(opening: int, chance: float) -> None:
    seconds = POLICY.opening_seconds(opening, chance)
    assert POLICY.open_seconds <= seconds <= POLICY.open_seconds_max


@pytest.mark.parametrize(("closed_for", "again"), [(59.0, 10.0), (60.0, 5.0)])
def test_after_a_calm_time_openings_begin_anew(closed_for: float, again: float) -> None:
    breaker = tripped()
    for probe in leased(breaker, 5.0, 5):
        breaker.end_probe(probe, 5.0, seconds=GOOD, failed=False)
    breaker.observe(5.0 + closed_for, calls=20, seconds_each=0.0, failures=20)
    assert breaker.explain(5.0 + closed_for).half_open_in_seconds == pytest.approx(again)


def test_a_hint_lowers_the_limits_but_judges_the_own_figures() -> None:
    breaker = new()
    breaker.hint(peer_open=True)
    assert breaker.permits(0.0)  # a peer's trip alone opens nothing
    for _ in range(9):
        call(breaker, 0.0)
    call(breaker, 0.0, failed=True)
    assert breaker.state(0.1) is State.OPEN  # 1 of 10
    assert "10%" in breaker.transitions[-1].cause


def test_a_hint_applies_to_what_was_counted_before_it_and_goes_again() -> None:
    breaker = new()
    breaker.observe(0.0, calls=20, seconds_each=0.0, failures=3)
    assert breaker.permits(0.1)
    breaker.hint(peer_open=True)
    assert not breaker.permits(0.1)

    calm = new()
    calm.hint(peer_open=True)
    calm.hint(peer_open=False)
    calm.observe(0.0, calls=20, seconds_each=0.0, failures=3)
    assert calm.permits(0.1)


def test_forced_open_it_stays_so_without_probes_until_let_go() -> None:
    breaker = new()
    breaker.force("open", 0.0)
    assert breaker.state(1000.0) is State.OPEN
    assert breaker.lease_probe(1000.0) is None
    breaker.force(None, 1000.0)
    assert breaker.state(1000.0) is State.HALF_OPEN
    leased(breaker, 1000.0, 5)


def test_forced_closed_it_counts_but_never_trips_until_let_go() -> None:
    breaker = tripped()
    breaker.force("closed", 1.0)
    breaker.observe(2.0, calls=100, seconds_each=1.2, failures=100)
    assert breaker.permits(3.0)
    assert breaker.explain(3.0).failed == 100
    breaker.force(None, 4.0)
    assert not breaker.permits(4.0)


def test_nothing_counted_is_nothing_judged() -> None:
    breaker = new()
    breaker.observe(0.0, calls=0, seconds_each=0.0, failures=0)
    assert breaker.permits(0.0)
    assert breaker.explain(0.0).error_rate == 0.0


def test_it_explains_itself_in_a_sentence() -> None:
    breaker = new()
    breaker.observe(0.0, calls=30, seconds_each=GOOD, failures=2)
    assert breaker.explain(2.0).sentence == (
        "Closed for 2.0 s: of 30 calls in the last 10 s 0 were slow (over 24 ms) and 2 failed."
    )
    breaker.observe(2.0, calls=30, seconds_each=1.2, failures=0)
    assert breaker.explain(4.0).sentence == (
        "Open for 2.0 s because 30 of 60 calls were slow (50%, limit 50%);"
        " probes begin in 3.0 s (opening 1 in a row)."
    )
    leased(breaker, 7.5, 2)
    assert breaker.explain(8.0).sentence == (
        "Half-open for 1.0 s because its waiting time is over: 0 of 5 probes went well, 2 out."
    )
    breaker.force("open", 9.0)
    assert breaker.explain(10.0).sentence == (
        "Forced open by an operator; in this state for 1.0 s."
    )


def test_it_says_when_limits_are_lowered_and_calls_are_few() -> None:
    breaker = new()
    breaker.hint(peer_open=True)
    call(breaker, 0.0)
    assert breaker.explain(1.0).sentence == (
        "Closed for 1.0 s: of 1 calls in the last 10 s 0 were slow (over 24 ms) and 0 failed,"
        " too few calls to judge rates; limits are lowered while a peer's breaker is open."
    )


def test_transitions_are_numbered_and_bounded() -> None:
    breaker = new()
    for _ in range(150):
        breaker.force("open", 0.0)
        breaker.force("closed", 0.0)
    assert len(breaker.transitions) == 100
    assert breaker.transitions[-1].number == 300
    assert breaker.transitions[-1].cause == "an operator forced it closed"


def test_a_transition_by_time_is_told_at_its_time_however_late_somebody_asks() -> None:
    breaker = tripped()
    assert breaker.explain(500.0).since_seconds == pytest.approx(495.0)
    assert [t.at for t in breaker.transitions] == pytest.approx([0.0, 5.0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"buckets": 0},
        {"calls_min": 0},
        {"slow_rate": 0.0},
        {"error_rate": 1.1},
        {"busy_seconds": 11.0},
        {"open_seconds_max": 4.0},
        {"window_seconds": float("inf")},
        {"jitter": -0.1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BreakerPolicy(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_limit_for_slow_that_makes_no_sense_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="slow_after_seconds"):
        Breaker(POLICY, slow_after_seconds=seconds, random=lambda: 0.0)


def test_no_module_of_the_breaker_knows_a_clock_or_chance() -> None:
    """So that no jump of a clock can move it: time and chance come in as arguments."""
    domain = Path(breaker_module.__file__).parent
    files = [*domain.glob("breaker*.py"), domain / "sliding_window.py"]
    assert len(files) >= 6
    allowed = {"math", "collections", "collections.abc", "dataclasses", "enum", "typing"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Import) or {a.name for a in node.names} <= allowed
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                assert module in allowed or module.startswith("risk.domain."), file.name
