"""A set of rules, and the decision all of them together come to about one order."""

from collections.abc import Iterable
from dataclasses import dataclass

from risk.domain.rules import AmountLimit, Candidate, Outcome, Reason, Rule

RULESET = "ruleset"
"""Stands for the rule set as a whole in a reason; no rule may have this id."""

_SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class RuleSet:
    rules: tuple[Rule, ...]
    currencies: frozenset[str]
    """Those that have an amount limit."""

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "RuleSet":
        kept = tuple(rules)
        return cls(kept, frozenset(r.currency for r in kept if isinstance(r, AmountLimit)))


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


APPROVAL = Decision(Outcome.APPROVED)


def assess(order: Candidate, ruleset: RuleSet) -> Decision:
    """Ask every rule; the worst answer wins, and all of them are told."""
    reasons = [reason for rule in ruleset.rules if (reason := rule.judge(order)) is not None]
    if order.currency not in ruleset.currencies:
        detail = f"no limit for this currency: {order.currency}"
        reasons.append(Reason(RULESET, "currency_without_limit", detail, Outcome.HELD))
    if not reasons:
        return APPROVAL
    return Decision(worst(reason.outcome for reason in reasons), tuple(reasons))


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=_SEVERITY.__getitem__)
