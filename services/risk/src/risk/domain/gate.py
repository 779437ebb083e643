"""Whether a rule set is fast enough to be tried on orders, and which check is to blame if not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RATIO_MAX = 1.2
RATIO_FLOOR_SECONDS = 0.000_25
"""Below this no ratio is asked: a rule more is no regression while an order takes microseconds."""
SLOW_FLOOR_SECONDS = 0.005
"""So much slower a slow check has to be before its ratio counts: twenty calls vary."""
INLINE_BUDGET_SECONDS = 0.005
"""For all expressions of a rule set together, per order (p95)."""
FAILED_SHARE_MAX = 0.2
_WHOLE = 100.0
"""Milliseconds from which fractions tell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTimes:
    """How long one check took, measured on stored features."""

    check: str
    fingerprint: str
    inline: bool
    p50_seconds: float
    p95_seconds: float
    calls: int
    failed: int
    budget_seconds: float
    """0: it is never asked while an order waits."""

    @property
    def failed_share(self) -> float:
        return self.failed / self.calls if self.calls else 0.0

    @property
    def waited_for(self) -> bool:
        return self.inline or self.budget_seconds > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long a rule set took."""

    inline_p95_seconds: float
    """All expressions, per order."""
    checks: Sequence[CheckTimes]

    @property
    def p95_seconds(self) -> float:
        """Per order: slow checks run side by side, so the slowest counts."""
        slow = [c.p95_seconds for c in self.checks if not c.inline and c.waited_for]
        return self.inline_p95_seconds + max(slow, default=0.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    culprit: str | None = None
    """The check that costs the rule set its release."""
    told: str = "fast enough"


def verdict(candidate: Times, stable: Times) -> Verdict:
    """Judge the candidate beside the rule set that is stable, both measured in one run."""
    for check in sorted(candidate.checks, key=lambda c: -c.p95_seconds):
        if check.waited_for and check.p95_seconds > check.budget_seconds:
            budget = f"its budget is {_ms(check.budget_seconds)}"
            return Verdict(False, check.check, f"{_named(check)}; {budget}")  # noqa: FBT003
        if check.failed_share > FAILED_SHARE_MAX:
            told = f"{check.check} failed in {check.failed} of {check.calls} calls"
            return Verdict(False, check.check, told)  # noqa: FBT003
    if candidate.inline_p95_seconds > INLINE_BUDGET_SECONDS:
        together = f"all expressions together take {_ms(candidate.inline_p95_seconds)} (p95)"
        told = f"{together}; their budget is {_ms(INLINE_BUDGET_SECONDS)}"
        return Verdict(False, _costliest(candidate, stable), told)  # noqa: FBT003
    return _slower(candidate, stable) or Verdict(True)  # noqa: FBT003


def _slower(candidate: Times, stable: Times) -> Verdict | None:
    """Compare what both have: a slow check that is new has its budget, and nothing to compare."""
    limit = max(RATIO_MAX * stable.inline_p95_seconds, RATIO_FLOOR_SECONDS)
    if candidate.inline_p95_seconds > limit:
        now, before = _ms(candidate.inline_p95_seconds), _ms(stable.inline_p95_seconds)
        told = f"the expressions take {now} (p95), those of the stable rule set {before}"
        culprit = _costliest(candidate, stable)
        return Verdict(False, culprit, f"{told}; limit {_ms(limit)}")  # noqa: FBT003
    known = {c.check: c.p95_seconds for c in stable.checks if not c.inline}
    for check in candidate.checks:
        before_seconds = known.get(check.check)
        if before_seconds is None or not check.waited_for:
            continue
        limit = max(RATIO_MAX * before_seconds, before_seconds + SLOW_FLOOR_SECONDS)
        if check.p95_seconds > limit:
            stood = f"in the stable rule set {_ms(before_seconds)}; limit {_ms(limit)}"
            return Verdict(False, check.check, f"{_named(check)}, {stood}")  # noqa: FBT003
    return None


def _costliest(candidate: Times, stable: Times) -> str | None:
    """Return the check that takes most more time than its namesake in the stable rule set."""
    before: Mapping[str, float] = {c.check: c.p95_seconds for c in stable.checks}
    dearer = {
        c.check: c.p95_seconds - before.get(c.check, 0.0) for c in candidate.checks if c.inline
    }
    return max(dearer, key=dearer.__getitem__, default=None)


def _named(check: CheckTimes) -> str:
    return f"{check.check} takes {_ms(check.p95_seconds)} (p95 of {check.calls} calls)"


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:,.0f} ms" if milliseconds >= _WHOLE else f"{milliseconds:.3g} ms"
