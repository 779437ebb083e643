"""Finds the clause of an expression that decided, and tells it in one line with its values."""

from collections.abc import Sequence

from common.expression.closures import closure_of
from common.expression.errors import Inconclusive, cut
from common.expression.showing import Clause, in_parentheses
from common.expression.terms import AllOf, AnyOf, Choice, Not, Term, is_personal

EXPLANATION_MAX = 300


def explanation(whole: Term, values: Sequence[object]) -> str:
    """Return the clause that decided, or why there was none."""
    try:
        closure_of(whole)(values)
    except Inconclusive as error:
        return error.cause
    return cut(_decided(whole, values), EXPLANATION_MAX)


def _decided(term: Term, values: Sequence[object]) -> str:
    match term:
        case AllOf(parts=parts):
            return _joined(parts, values, deciding=False)
        case AnyOf(parts=parts):
            return _joined(parts, values, deciding=True)
        case Not(operand=operand):
            return _negated(operand, _decided(operand, values))
        case Choice(test=test, yes=yes, no=no):
            tested = _decided(test, values)
            if _truth(test, values):
                return f"{tested} && {_decided(yes, values)}"
            return f"{_negated(test, tested)} && {_decided(no, values)}"
        case _:
            return Clause(values, secret=is_personal(term)).shown(term)


def _joined(parts: tuple[Term, ...], values: Sequence[object], *, deciding: bool) -> str:
    """Explain the first part that decided alone; where none could, all of them did together."""
    for part in parts:
        if _truth(part, values) is deciding:
            return _decided(part, values)
    sign = " || " if deciding else " && "
    return sign.join(_decided(part, values) for part in parts)


def _truth(term: Term, values: Sequence[object]) -> bool | None:
    try:
        return bool(closure_of(term)(values))
    except Inconclusive:
        return None


def _negated(term: Term, shown: str) -> str:
    return f"!{in_parentheses(term, shown)}"
