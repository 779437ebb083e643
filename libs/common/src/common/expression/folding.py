"""Works out what is the same for every order, once, and refuses what has no value for any."""

from dataclasses import replace
from typing import Any

from common.expression.closures import closure_of
from common.expression.errors import ExpressionError, Inconclusive
from common.expression.integers import DIVISION_BY_ZERO, OVERFLOW
from common.expression.terms import Arithmetic, Named, Read, Term, Value, parts_of

_ALWAYS = {DIVISION_BY_ZERO: "this always divides by zero", OVERFLOW: "this always overflows"}
_ZERO = 0


def folded(term: Term) -> Term:
    """Return the same term with its constant parts replaced by their values.

    Raises:
        ExpressionError: a part of it has no value for any order.
    """
    if isinstance(term, Value | Named | Read):
        return term
    whole = _with_folded_parts(term)
    if all(isinstance(part, Value | Named) for part in parts_of(whole)):
        return _evaluated(whole)
    if isinstance(whole, Arithmetic) and whole.operator in {"/", "%"} and _is_zero(whole.right):
        raise ExpressionError(_ALWAYS[DIVISION_BY_ZERO], whole.position)
    return whole


def _with_folded_parts(term: Term) -> Term:
    changes: dict[str, Any] = {}
    for name in term.__slots__:
        value = getattr(term, name)
        if isinstance(value, Term):
            changes[name] = folded(value)
        elif name == "parts":
            changes[name] = tuple(folded(part) for part in value)
    return replace(term, **changes)


def _evaluated(term: Term) -> Value:
    try:
        value = closure_of(term)(())
    except Inconclusive as error:
        problem = _ALWAYS.get(error.cause, "there is no such key")
        raise ExpressionError(problem, term.position) from None
    return Value(term.position, term.type, value)


def _is_zero(term: Term) -> bool:
    match term:
        case Value(value=value):
            return value == _ZERO
        case Named(constant=constant):
            return constant.value == _ZERO
        case _:
            return False
