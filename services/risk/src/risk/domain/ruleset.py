"""A set of checks, what each says about one order, and the decision all of them come to.

A check that cannot tell never counts as passed: a core check then holds the order, any other is
named in the approval as skipped, and made up for later.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from common.expression import Expression, Field, Inconclusive
from risk.domain.decision import APPROVAL, Decision, Outcome, Reason, worst

UNANSWERED = "unanswered"
"""Code of the reason for which a core check holds that could not tell."""
OVER_EXPOSURE_CAP = "over_exposure_cap"
"""Code of the reason for which a check holds that has too much unverified already."""
RESULT = "result."
"""What the names of a slow check's results begin with."""
AUTOMATIC_CODES = frozenset({UNANSWERED, OVER_EXPOSURE_CAP})
"""Holds that end by themselves once the check was made up for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One clause of a check: where it holds, it speaks against the order."""

    code: str
    outcome: Outcome
    when: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a slow check gets its result from, and within which limits."""

    kind: str
    """http or plugin."""
    target: str
    """Name of an endpoint, or of a plug-in, that the installation knows."""
    sends: tuple[str, ...]
    """Features it is told."""
    parameters: Mapping[str, object]
    returns: tuple[Field, ...]
    """What its rules can read besides the features, in this order."""
    timeout_seconds: float
    """The limit of one call in the re-check; on the order path it is the check's budget."""
    concurrency: int
    cache_seconds: int
    """How long a result holds for the same features sent; 0: not at all."""

    def typed(self, result: Mapping[str, object]) -> tuple[object, ...]:
        """Put what came back in the order of `returns`; what is of another type is missing."""
        given = (result.get(each.name.removeprefix(RESULT)) for each in self.returns)
        return tuple(
            value if value is not None and each.type.admits(value) else None
            for each, value in zip(self.returns, given, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    id: str
    core: bool
    rules: tuple[Rule, ...]
    budget_seconds: float
    """Time an order waits for it at most; above that a call counts as slow in any case."""
    deadline_seconds: int
    """How long after a decision it may be made up for."""
    exposure_cap_minor: Mapping[str, int] | None = None
    """Currency -> amount that may be unverified at one time; None: any, other currencies: none."""
    source: Source | None = None
    """None: its rules need nothing but the features."""
    fingerprint: str = ""
    """Equal for checks that are written the same, whatever the rule set."""


@dataclass(frozen=True, slots=True)
class Against:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The check could not tell, or was not asked."""

    cause: str


Answer = Against | Unanswered
"""What a check says; None stands for nothing against the order."""
Values = tuple[object, ...]
"""Features in the order of their schema, then, for a slow check, what it returned."""


@dataclass(frozen=True)
class RuleSet:
    checks: tuple[Check, ...]
    budget_seconds: float = 0.05
    """Time an order waits at most for all checks together that are not core."""
    await_recheck_above_minor: Mapping[str, int] = field(default_factory=dict)
    """Currency -> amount above which a degraded approval may not leave; others: none may."""

    @cached_property
    def inline(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.source is None)

    @cached_property
    def slow(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.source is not None)

    @cached_property
    def by_id(self) -> Mapping[str, Check]:
        return {check.id: check for check in self.checks}

    @cached_property
    def by_fingerprint(self) -> Mapping[str, Check]:
        return {check.fingerprint: check for check in self.checks}


def judge(check: Check, values: Values) -> Answer | None:
    """Ask the rules of a check in turn: the first that holds speaks for it."""
    unclear: str | None = None
    for rule in check.rules:
        try:
            if rule.when.holds(values):
                detail = rule.when.explain(values)
                return Against(Reason(check.id, rule.code, detail, rule.outcome))
        except Inconclusive as error:
            unclear = unclear or str(error)
    return None if unclear is None else Unanswered(unclear)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What is at risk with an order."""

    currency: str
    payable_minor: int


def conclude(
    ruleset: RuleSet,
    answers: Mapping[str, Answer],
    stake: Stake,
    over_cap: Collection[str] = (),
) -> Decision:
    """Come to one decision: the worst answer wins, and all of them are told.

    Args:
        ruleset: the checks that were asked.
        answers: by check; those without have nothing against the order.
        stake: what the order is worth.
        over_cap: checks that have too much unverified already to pass another order.
    """
    if not answers:
        return APPROVAL
    reasons: list[Reason] = []
    degraded: list[str] = []
    for check in ruleset.checks:
        answer = answers.get(check.id)
        if isinstance(answer, Against):
            reasons.append(answer.reason)
        elif isinstance(answer, Unanswered):
            code = UNANSWERED if check.core else OVER_EXPOSURE_CAP
            if check.core or check.id in over_cap:
                reasons.append(Reason(check.id, code, answer.cause, Outcome.HELD))
            else:
                degraded.append(check.id)
    if reasons:
        outcome = worst(reason.outcome for reason in reasons)
        left = () if outcome is Outcome.REJECTED else tuple(degraded)
        return Decision(outcome, tuple(reasons), left)
    limit = ruleset.await_recheck_above_minor
    waits = bool(degraded and limit) and stake.payable_minor > limit.get(stake.currency, 0)
    return Decision(Outcome.APPROVED, (), tuple(degraded), await_recheck=waits)


def unanswered(ruleset: RuleSet, answers: Mapping[str, Answer]) -> list[tuple[Check, str]]:
    """Return the checks to be made up for, with the cause of each."""
    return [
        (check, answer.cause)
        for check in ruleset.checks
        if isinstance(answer := answers.get(check.id), Unanswered)
    ]
