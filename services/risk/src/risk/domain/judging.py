"""What all checks of a rule set say about one order: no I/O, so that it can be done again."""

from collections.abc import Mapping, Sequence

from risk.domain.ruleset import Answer, Check, Unanswered, Values, judge

NOT_ASKED = Unanswered("not_asked")
Result = Values | Unanswered
"""What a slow check returned, in the order of its `returns`, or why a check was not asked."""


def answers_to(
    checks: Sequence[Check], features: Values, results: Mapping[str, Result]
) -> dict[str, Answer]:
    """Ask each check about one order: a pure function of its features and the results there are."""
    answers: dict[str, Answer] = {}
    for check in checks:
        result = results.get(check.id, () if check.source is None else NOT_ASKED)
        answer = judged_by_result(check, features, result)
        if answer is not None:
            answers[check.id] = answer
    return answers


def judged_by_result(check: Check, features: Values, result: Result) -> Answer | None:
    return result if isinstance(result, Unanswered) else judge(check, features + result)
