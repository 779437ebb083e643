"""Golden tests of a rule set: orders described by their features, and what must be decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from risk.domain.decision import Decision, Outcome
from risk.domain.judging import answers_to
from risk.domain.ruleset import RuleSet, Stake, Values, conclude

Results = Mapping[str, Values]
"""Slow check -> what it returned, in the order of its `returns`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenTest:
    name: str
    features: Values
    results: Results
    stake: Stake
    outcome: Outcome
    reasons: frozenset[str] | None
    """As check:code; None: any."""


@dataclass(frozen=True, slots=True)
class Failure:
    position: int
    name: str
    told: str


def failures(ruleset: RuleSet, tests: Sequence[GoldenTest]) -> list[Failure]:
    """Return the tests whose order is decided otherwise."""
    wrong: list[Failure] = []
    for position, test in enumerate(tests):
        answers = answers_to(ruleset.checks, test.features, test.results)
        told = _difference(test, conclude(ruleset, answers, test.stake))
        if told:
            wrong.append(Failure(position, test.name, told))
    return wrong


def _difference(test: GoldenTest, decision: Decision) -> str:
    names = frozenset(reason.name for reason in decision.reasons)
    if decision.outcome is not test.outcome or (test.reasons is not None and names != test.reasons):
        reasons = ", ".join(sorted(names)) or "no reason"
        return f"expected {test.outcome}, decided {decision.outcome} for {reasons}"
    return ""
