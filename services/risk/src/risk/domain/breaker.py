"""Takes a slow or failing check off the order path, and lets it back when probes went well."""

import math
from collections import deque
from collections.abc import Callable

from risk.domain.breaker_calls import Call, CallsInFlight
from risk.domain.breaker_explanation import Explanation, Forced, State, Transition
from risk.domain.breaker_policy import BreakerPolicy, Thresholds
from risk.domain.breaker_probes import Probe, Probes
from risk.domain.sliding_window import SlidingWindow

__all__ = [
    "Breaker",
    "BreakerPolicy",
    "Call",
    "Explanation",
    "Forced",
    "Probe",
    "State",
    "Thresholds",
    "Transition",
]

_TRANSITIONS_KEPT = 100


class Breaker:
    """The breaker of one check in one process. Not for several threads at once.

    Every method takes the time, in seconds of a clock that never goes back, and first does what
    has fallen due by then. Each transition begins a new era with an empty window: what began in an
    earlier era is not counted.
    """

    def __init__(
        self, policy: BreakerPolicy, *, slow_after_seconds: float, random: Callable[[], float]
    ) -> None:
        if not 0 < slow_after_seconds < math.inf:
            raise ValueError("slow_after_seconds must be above 0 and finite")
        self._policy = policy
        self._slow_after = slow_after_seconds
        self._random = random
        self._window = SlidingWindow(
            seconds=policy.window_seconds,
            buckets=policy.buckets,
            recent_seconds=policy.busy_seconds,
        )
        self._calls = CallsInFlight(
            slow_after=slow_after_seconds, forget_after=slow_after_seconds + policy.window_seconds
        )
        self._probes = Probes(limit=policy.probes, lease_seconds=policy.probe_lease_seconds)
        self._thresholds = policy.thresholds(hinted=False)
        self._hinted = False
        self._state = State.CLOSED
        self._admits = True
        self._forced: Forced | None = None
        self._openings = 0
        self._until = math.inf
        self._era = 0
        self._since = self._seen = math.nan
        self._wake = -math.inf
        """Before this time nothing falls due: the hot path compares once and goes on."""
        self.transitions: deque[Transition] = deque(maxlen=_TRANSITIONS_KEPT)

    def permits(self, now: float) -> bool:
        """Tell whether orders may call it; never while half-open: the re-check worker probes."""
        if now >= self._wake:
            self._catch_up(now)
        return self._admits

    def begin(self, now: float) -> Call:
        if now >= self._wake:
            self._catch_up(now)
        call = Call(now, self._era)
        calls = self._calls
        calls.begin(call)
        if calls.count > 1:
            bucket = self._window.current
            bucket.crowd = max(bucket.crowd, calls.count)
        return call

    def end(self, call: Call, now: float, *, failed: bool) -> None:
        if now >= self._wake:
            self._catch_up(now)
        self._finish(call, now, failed=failed, slow=now - call.started > self._slow_after)

    def abandon(self, call: Call, now: float) -> None:
        """The caller waited as long as it may: slow, however short that was."""
        self._catch_up(now)
        self._finish(call, now, failed=False, slow=True)

    def observe(self, now: float, *, calls: int, seconds_each: float, failures: int) -> None:
        """Count many inline calls at once that are over already, one after the other."""
        if now >= self._wake:
            self._catch_up(now)
        slow = calls if seconds_each > self._slow_after else 0
        self._window.add(
            calls=calls,
            slow=slow,
            failed=min(failures, calls),
            slow_seconds=min(slow * seconds_each, self._policy.busy_seconds),
        )
        self._judge(now)

    def lease_probe(self, now: float) -> Probe | None:
        """Lend one of the few calls by which a half-open breaker finds out; None: not now."""
        self._catch_up(now)
        if self._state is not State.HALF_OPEN:
            return None
        return self._probes.lease(now, self._era)

    def end_probe(self, probe: Probe, now: float, *, seconds: float, failed: bool) -> None:
        """Count a probe. After its lease a good one is too late to count; a bad one still tells."""
        self._catch_up(now)
        if probe.over or probe.era != self._era:
            return
        probe.over = True
        if failed:
            self._open(now, "a probe failed")
        elif seconds > self._slow_after:
            self._open(now, f"a probe took {seconds:.3f} s (limit {self._slow_after:.3f} s)")
        elif self._probes.all_passed_with(probe, now):
            self._change(now, State.CLOSED, f"{self._policy.probes} probes went well")

    def force(self, state: Forced | None, now: float) -> None:
        """Hold it open (without probes) or closed (still counting); None lets it decide again.

        After a forced opening it has to pass its probes first.
        """
        self._catch_up(now)
        before, self._forced = self._forced, state
        if state is not None:
            if self._state != state:
                self._change(now, State(state), f"an operator forced it {state}")
        elif before == "open":
            self._change(now, State.HALF_OPEN, "an operator no longer forces it open")
        self._judge(now)

    def hint(self, *, peer_open: bool) -> None:
        """A peer's breaker of this check is open, or no longer: lower limits, same judgement."""
        if peer_open != self._hinted:
            self._hinted = peer_open
            self._thresholds = self._policy.thresholds(hinted=peer_open)
            self._wake = -math.inf

    def state(self, now: float) -> State:
        if now >= self._wake:
            self._catch_up(now)
        return self._state

    def explain(self, now: float) -> Explanation:
        self._catch_up(now)
        window, strain = self._window, self._window.strain()
        waiting = self._state is State.OPEN and self._forced is None
        return Explanation(
            state=self._state,
            forced=self._forced,
            cause=self.transitions[-1].cause if self.transitions else "",
            since_seconds=max(0.0, now - self._since),
            calls=window.calls,
            slow=window.slow,
            failed=window.failed,
            in_flight=self._calls.count,
            overdue=self._calls.overdue,
            busy_share=strain.seconds / (self._policy.busy_seconds * strain.crowd),
            window_seconds=self._policy.window_seconds,
            slow_after_seconds=self._slow_after,
            thresholds=self._thresholds,
            hinted=self._hinted,
            openings=self._openings_by(now),
            half_open_in_seconds=max(0.0, self._until - now) if waiting else None,
            probes=self._policy.probes,
            probes_out=self._probes.out(now),
            probes_passed=self._probes.passed,
        )

    def _finish(self, call: Call, now: float, *, failed: bool, slow: bool) -> None:
        if call.over or call.era != self._era:
            return
        self._calls.end(call)
        window = self._window
        if call.counted_in is not None:
            window.fail_late(call.counted_in, int(failed))
        elif slow or failed:
            spent = now - call.started if slow else 0.0
            window.add(calls=1, slow=int(slow), failed=int(failed), slow_seconds=spent)
        else:
            window.add_good()
            # A good call only lowers the rates, but it may be the one that makes them count.
            if window.calls != self._thresholds.calls_min:
                return
        self._judge(now)

    def _catch_up(self, now: float) -> None:
        """Do what time alone does, and note when it next has something to do."""
        if math.isnan(self._since):
            self._since = self._seen = now
        if self._state is State.OPEN and self._forced is None and now >= self._until:
            self._change(self._until, State.HALF_OPEN, "its waiting time is over")
        self._count_overdue(now)
        self._judge(now)
        self._wake = self._next_due(now)

    def _count_overdue(self, now: float) -> None:
        window, calls, most = self._window, self._calls, self._policy.busy_seconds
        window.advance(now, in_flight=calls.count)
        elapsed = max(0.0, now - self._seen)
        self._seen = max(self._seen, now)
        window.current.slow_seconds += calls.overdue * min(elapsed, most)
        for call in calls.fall_overdue(now, window.epoch):
            window.add(calls=1, slow=1, failed=0, slow_seconds=min(now - call.started, most))
        calls.forget(now)

    def _next_due(self, now: float) -> float:
        if self._calls.overdue:
            return -math.inf
        waiting = self._state is State.OPEN and self._forced is None
        until = self._until if waiting else math.inf
        return min(until, self._window.turns_at, self._calls.next_overdue_at(now))

    def _judge(self, now: float) -> None:
        if self._state is not State.CLOSED or self._forced is not None:
            return
        cause = self._thresholds.exceeded_by(self._window, self._policy.busy_seconds)
        if cause is not None:
            self._open(now, cause)

    def _open(self, now: float, cause: str) -> None:
        self._openings = self._openings_by(now) + 1
        self._until = now + self._policy.opening_seconds(self._openings, self._random())
        self._change(now, State.OPEN, cause)

    def _openings_by(self, now: float) -> int:
        calm = self._state is State.CLOSED and now - self._since >= self._policy.calm_seconds
        return 0 if calm else self._openings

    def _change(self, at: float, target: State, cause: str) -> None:
        number = self.transitions[-1].number + 1 if self.transitions else 1
        self.transitions.append(Transition(number, at, self._state, target, cause))
        self._state = target
        self._admits = target is State.CLOSED
        self._since = at
        self._era += 1
        self._window.clear()
        self._calls.clear()
        self._probes.clear()
        self._wake = -math.inf
