"""A breaker in virtual time: how soon it trips, how it bears flapping, what it leaves alone."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from risk.domain.breaker import Breaker, BreakerPolicy, State

POLICY = BreakerPolicy()
SLOW_AFTER = 0.024  # three times the p95 of a check that takes 8 ms
BUDGET = 0.05

Latency = Callable[[float], float]


@dataclass
class Worker:
    """Calls a check at an even rate, abandons at the budget, and probes from the background."""

    breaker: Breaker
    latency: Latency
    per_second: int
    now: float = 1000.0
    started: float = 1000.0
    called: int = 0
    slow_called: int = 0

    @property
    def opened_at(self) -> list[float]:
        changes = self.breaker.transitions
        return [t.at - self.started for t in changes if t.target is State.OPEN]

    def run(self, seconds: float, *, probing: bool = True) -> None:
        for tick in range(round(seconds * self.per_second)):
            self.now = self.started + tick / self.per_second
            self._order()
            if probing:
                self._probe()

    def _order(self) -> None:
        if not self.breaker.permits(self.now):
            return
        seconds = self.latency(self.now - self.started)
        call = self.breaker.begin(self.now)
        self.called += 1
        if seconds > BUDGET:
            self.slow_called += 1
            self.breaker.abandon(call, self.now + BUDGET)
        else:
            self.breaker.end(call, self.now + seconds, failed=False)

    def _probe(self) -> None:
        probe = self.breaker.lease_probe(self.now)
        if probe is not None:
            seconds = self.latency(self.now - self.started)
            self.breaker.end_probe(probe, self.now, seconds=seconds, failed=False)


def new(seed: int = 0) -> Breaker:
    return Breaker(POLICY, slow_after_seconds=SLOW_AFTER, random=random.Random(seed).random)


@pytest.mark.parametrize("per_second", [1, 10, 100])
def test_from_8_to_12_ms_it_does_not_trip(per_second: int) -> None:
    worker = Worker(new(), lambda t: 0.008 if t < 30 else 0.012, per_second)
    worker.run(300)
    assert not worker.breaker.transitions
    assert worker.called == 300 * per_second


@pytest.mark.parametrize("healthy", [0, 30.0, 30.5, 30.95, 300.0])
def test_from_8_ms_to_1200_ms_it_trips_within_9_calls_and_a_second(healthy: float) -> None:
    """The window is full of good calls, so the rates would take over four seconds."""
    worker = Worker(new(), lambda t: 0.008 if t < healthy else 1.2, 10)
    worker.run(healthy + 4)
    assert len(worker.opened_at) == 1
    assert worker.opened_at[0] - healthy < 1.0
    assert worker.slow_called <= 9


def test_too_seldom_to_be_busy_it_trips_by_its_rate() -> None:
    worker = Worker(new(), lambda t: 0.008 if t < 30 else 1.2, 3)
    worker.run(60)
    assert worker.opened_at[0] - 30 <= 6.0


def test_two_that_wait_as_long_as_it_takes_trip_it_at_their_fifth_slow_call() -> None:
    """No budget, two consumers, 1.2 s each: twenty calls alone would take twelve seconds."""
    breaker = new()
    for tick in range(100):
        breaker.observe(tick / 10, calls=1, seconds_each=0.008, failures=0)
    for start in (10.0, 11.2, 12.4):
        pair = [breaker.begin(start), breaker.begin(start)]
        breaker.permits(start + 0.025)  # somebody asks: nothing has ended yet
        for call in pair:
            breaker.end(call, start + 1.2, failed=False)
    assert breaker.transitions[0].at == pytest.approx(12.425)
    assert breaker.transitions[0].cause.startswith("slow calls took")


def test_one_slow_call_in_fifty_does_not_trip_it() -> None:
    """A tail, not an illness: abandoned at the budget, it takes a hundredth of the time."""
    chance = random.Random(1)
    worker = Worker(new(), lambda _: 1.2 if chance.random() < 0.02 else 0.008, 10)
    worker.run(600)
    assert not worker.breaker.transitions


def flapping(t: float) -> float:
    return 0.008 if t % 10 < 5 else 1.2


@dataclass
class Consecutive:
    """What the common libraries do: five bad calls in a row open it, one good probe closes it."""

    open_seconds: float
    state: str = "closed"
    bad: int = 0
    until: float = 0.0
    changes: int = 0

    def call(self, now: float, seconds: float) -> None:
        if self.state == "open" and now >= self.until:
            self._to("half_open")
        if self.state == "open":
            return
        self.bad = self.bad + 1 if seconds > SLOW_AFTER else 0
        if self.bad >= (1 if self.state == "half_open" else 5):
            self.until = now + self.open_seconds
            self.bad = 0
            self._to("open")
        elif self.state == "half_open":
            self._to("closed")

    def _to(self, state: str) -> None:
        self.state = state
        self.changes += 1


def naive_changes(open_seconds: float) -> int:
    naive = Consecutive(open_seconds)
    for tick in range(6000):
        naive.call(tick / 10, flapping(tick / 10))
    return naive.changes


@pytest.mark.parametrize("seed", range(10))
def test_flapping_for_ten_minutes_it_changes_a_bounded_number_of_times(seed: int) -> None:
    """The bound: openings of 5, 10, 20 and then at least 24 s fit into 600 s 27 times at most.

    That holds because it never stays closed for the 60 s after which openings begin anew. Each
    opening makes three transitions at most: open, half-open, closed.
    """
    worker = Worker(new(seed), flapping, 10)
    worker.run(600)
    changes = worker.breaker.transitions[-1].number
    assert changes <= 3 * 27
    assert 2 * changes < naive_changes(5.0)
    assert 8 * changes < naive_changes(1.0)
    assert worker.slow_called <= 9 * 27  # of 3,000 orders that fell into a bad time


def test_workers_do_not_come_back_in_step() -> None:
    workers = [Worker(new(seed), lambda _: 1.2, 10) for seed in range(8)]
    for worker in workers:
        worker.run(120)
    half_open = [
        [t.at for t in w.breaker.transitions if t.target is State.HALF_OPEN] for w in workers
    ]
    assert len({round(times[-1], 1) for times in half_open}) > 4


def test_while_nobody_probes_it_stays_closed_to_orders() -> None:
    worker = Worker(new(), lambda t: 1.2 if t < 5 else 0.008, 10)
    worker.run(3600, probing=False)
    assert worker.breaker.state(worker.now) is State.HALF_OPEN
    worker.breaker.explain(worker.now)
    assert len(worker.breaker.transitions) == 2
