"""Whatever is done to it, a breaker stands where a naive model stands that recounts everything."""

import math
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from risk.domain.breaker import Breaker, BreakerPolicy, Call, Probe

POLICY = BreakerPolicy(
    window_seconds=4.0,
    buckets=4,
    calls_min=4,
    busy_seconds=2.0,
    busy_calls_min=2,
    open_seconds=2.0,
    open_seconds_max=16.0,
    jitter=0.0,
    calm_seconds=16.0,
    probes=2,
    probe_lease_seconds=3.0,
)
SLOW_AFTER = 0.25


@dataclass(eq=False)
class Running:
    started: float
    slow_at: float | None = None
    over: bool = False


@dataclass(eq=False)
class Lease:
    expires_at: float
    over: bool = False


@dataclass
class Naive:
    """The rules as written down, over lists of everything since the last transition."""

    now: float = 0.0
    state: str = "closed"
    forced: str | None = None
    hinted: bool = False
    since: float = 0.0
    until: float = math.inf
    openings: int = 0
    calls: list[tuple[float, int]] = field(default_factory=list)
    slow: list[tuple[float, int]] = field(default_factory=list)
    failed: list[tuple[float, int]] = field(default_factory=list)
    spent: list[tuple[float, float]] = field(default_factory=list)
    crowds: list[tuple[float, int]] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)
    passed: int = 0

    def move(self, now: float) -> None:
        if self.state == "open" and self.forced is None and now >= self.until:
            self.change("half_open", self.until)
        # One count of the crowd in each bucket on the way.
        for second in range(int(self.now) + 1, int(now) + 1):
            self.crowds.append((float(second), len(self.running)))
        overdue = [r for r in self.running if r.slow_at is not None]
        self.spent.append((now, len(overdue) * min(now - self.now, 2.0)))
        self.now = now
        for each in self.running:
            if each.slow_at is None and now - each.started > SLOW_AFTER:
                each.slow_at = now
                self.count(slow=1, spent=min(now - each.started, 2.0))
        for each in list(self.running):
            if now - each.started > SLOW_AFTER + 4.0:
                self.stop(each)
        self.judge()

    def count(self, *, calls: int = 1, slow: int = 0, failed: int = 0, spent: float = 0.0) -> None:
        self.calls.append((self.now, calls))
        self.slow.append((self.now, slow))
        self.failed.append((self.now, failed))
        self.spent.append((self.now, spent))

    def begin(self) -> Running:
        each = Running(self.now)
        self.running.append(each)
        self.crowds.append((self.now, len(self.running)))
        return each

    def stop(self, each: Running) -> None:
        each.over = True
        self.running.remove(each)

    def end(self, each: Running, *, failed: bool, slow: bool) -> None:
        if each.over:
            return
        self.stop(each)
        if each.slow_at is None:
            spent = self.now - each.started if slow else 0.0
            self.count(slow=int(slow), failed=int(failed), spent=spent)
        else:
            self.failed.append((each.slow_at, int(failed)))
        self.judge()

    def total(self, counted: list[tuple[float, int]]) -> int:
        return sum(n for at, n in counted if int(at) > int(self.now) - 4)

    def busy_share(self) -> float:
        recent = [n for at, n in self.spent if int(at) > int(self.now) - 2]
        crowd = max([1, *(n for at, n in self.crowds if int(at) > int(self.now) - 2)])
        return sum(recent) / (2.0 * crowd)

    def judge(self) -> None:
        if self.state != "closed" or self.forced is not None:
            return
        factor = 0.5 if self.hinted else 1.0
        calls, slow, failed = (self.total(x) for x in (self.calls, self.slow, self.failed))
        enough = calls >= 4 * factor
        busy = slow >= 2 * factor and self.busy_share() > 0.2 * factor
        rates = enough and (slow / calls >= 0.5 * factor or failed / calls >= 0.2 * factor)
        if rates or busy:
            self.open()

    def open(self) -> None:
        if self.state == "closed" and self.now - self.since >= 16.0:
            self.openings = 0
        self.openings += 1
        self.until = self.now + min(16.0, 2.0**self.openings)
        self.change("open", self.now)

    def change(self, state: str, at: float) -> None:
        self.state, self.since, self.passed = state, at, 0
        for counted in (self.calls, self.slow, self.failed, self.crowds, self.spent):
            counted.clear()
        for each in self.running:
            each.over = True
        for lease in self.leases:
            lease.over = True
        self.running, self.leases = [], []

    def lease(self) -> Lease | None:
        out = [x for x in self.leases if not x.over and x.expires_at > self.now]
        if self.state != "half_open" or len(out) + self.passed >= 2:
            return None
        self.leases.append(Lease(self.now + 3.0))
        return self.leases[-1]

    def end_probe(self, lease: Lease, *, bad: bool) -> None:
        if lease.over:
            return
        lease.over = True
        if bad:
            self.open()
        elif lease.expires_at > self.now:
            self.passed += 1
            if self.passed == 2:
                self.change("closed", self.now)

    def force(self, state: str | None) -> None:
        before, self.forced = self.forced, state
        if state is not None and self.state != state:
            self.change(state, self.now)
        elif state is None and before == "open":
            self.change("half_open", self.now)
        self.judge()


# Exact in binary, so that the edges of buckets and limits are met exactly.
gaps = st.sampled_from([0.0, 0.0, 1 / 64, 1 / 8, 1 / 4, 17 / 64, 1 / 2, 1.0, 2.0, 5.0, 20.0])


class BreakerAgainstNaive(RuleBasedStateMachine):
    calls = Bundle("calls")
    probes = Bundle("probes")

    @initialize()
    def start(self) -> None:
        self.now = 0.0
        self.breaker = Breaker(POLICY, slow_after_seconds=SLOW_AFTER, random=lambda: 0.5)
        self.naive = Naive()
        self.breaker.permits(0.0)

    def pass_time(self, gap: float) -> float:
        self.now += gap
        self.naive.move(self.now)
        return self.now

    def lease(self, gap: float) -> tuple[Probe | None, Lease | None]:
        pair = self.breaker.lease_probe(self.pass_time(gap)), self.naive.lease()
        assert (pair[0] is None) == (pair[1] is None)
        return pair

    @rule(target=calls, gap=gaps)
    def begin(self, gap: float) -> tuple[Call, Running]:
        return self.breaker.begin(self.pass_time(gap)), self.naive.begin()

    @rule(pair=calls, gap=gaps, failed=st.booleans())
    def end(self, pair: tuple[Call, Running], gap: float, *, failed: bool) -> None:
        now = self.pass_time(gap)
        self.breaker.end(pair[0], now, failed=failed)
        self.naive.end(pair[1], failed=failed, slow=now - pair[1].started > SLOW_AFTER)

    @rule(pair=calls, gap=gaps)
    def abandon(self, pair: tuple[Call, Running], gap: float) -> None:
        self.breaker.abandon(pair[0], self.pass_time(gap))
        self.naive.end(pair[1], failed=False, slow=True)

    @rule(gap=gaps, calls=st.integers(0, 6), slow=st.booleans(), failures=st.integers(0, 2))
    def observe(self, gap: float, calls: int, *, slow: bool, failures: int) -> None:
        now, each = self.pass_time(gap), 0.5 if slow else 0.125
        failures = min(failures, calls)
        self.breaker.observe(now, calls=calls, seconds_each=each, failures=failures)
        late = calls if slow else 0
        self.naive.count(calls=calls, slow=late, failed=failures, spent=min(late * each, 2.0))
        self.naive.judge()

    @rule(target=probes, gap=gaps)
    def lend(self, gap: float) -> tuple[Probe | None, Lease | None]:
        return self.lease(gap)

    @rule(
        pair=probes,
        gap=gaps,
        seconds=st.sampled_from([0.125, 0.125, 0.125, 9.0]),
        failed=st.sampled_from([False, False, False, True]),
    )
    def end_probe(
        self, pair: tuple[Probe | None, Lease | None], gap: float, seconds: float, *, failed: bool
    ) -> None:
        now = self.pass_time(gap)
        if pair[0] is not None and pair[1] is not None:
            self.breaker.end_probe(pair[0], now, seconds=seconds, failed=failed)
            self.naive.end_probe(pair[1], bad=failed or seconds > SLOW_AFTER)

    @rule(gap=gaps)
    def probe_well(self, gap: float) -> None:
        probe, lease = self.lease(gap)
        if probe is not None and lease is not None:
            self.breaker.end_probe(probe, self.now, seconds=0.125, failed=False)
            self.naive.end_probe(lease, bad=False)

    @rule(gap=gaps, state=st.sampled_from(["open", "closed", *[None] * 6]))
    def force(self, gap: float, state: str | None) -> None:
        self.breaker.force(state, self.pass_time(gap))  # type: ignore[arg-type]
        self.naive.force(state)

    @rule(peer_open=st.booleans())
    def hint(self, *, peer_open: bool) -> None:
        self.breaker.hint(peer_open=peer_open)
        self.naive.hinted = peer_open

    @rule(gap=gaps)
    def wait(self, gap: float) -> None:
        self.pass_time(gap)

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "naive"):
            return
        naive, now = self.naive, self.pass_time(0.0)
        assert self.breaker.permits(now) == (naive.state == "closed")
        assert self.breaker.state(now) == naive.state
        told = self.breaker.explain(now)
        assert told.calls == naive.total(naive.calls)
        assert told.slow == naive.total(naive.slow)
        assert told.failed == naive.total(naive.failed)
        assert told.busy_share == naive.busy_share()
        assert told.in_flight == len(naive.running)
        assert told.overdue == sum(r.slow_at is not None for r in naive.running)
        assert told.failed <= told.calls
        assert told.forced == naive.forced


BreakerAgainstNaive.TestCase.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None
)
test_it_stands_where_the_naive_model_stands = BreakerAgainstNaive.TestCase
