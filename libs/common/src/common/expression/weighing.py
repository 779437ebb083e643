"""Bounds what asking an expression can cost, before it is ever asked."""

from common.expression.terms import (
    Comparison,
    ContainsAny,
    Membership,
    Read,
    Term,
    TextTest,
    Value,
    all_terms,
)
from common.expression.types import Type

COST_MAX = 10_000
"""A unit is about 0.1 µs of one core."""

STRING_MAX = 1_000
"""Characters the bounds assume that a string in an order has at most."""
_STRINGS = STRING_MAX // 50
"""Units for going through two strings side by side."""
_SEARCH = STRING_MAX // 10
"""Units for looking for a string in another."""
_PER_TEXT = 5
"""Units for each text of a list, where many begin like a piece of the text in question."""
_LIST = 200
"""Values the bounds assume that a list in an order has at most."""


def cost_of(whole: Term) -> int:
    """Return a bound on the units of work, whatever the values are and whoever decides."""
    return sum(_own_cost(term) for term in all_terms(whole))


def _own_cost(term: Term) -> int:
    match term:
        case Comparison(left=left) if left.type is Type.STRING:
            return 1 + _STRINGS
        case TextTest(method=method):
            return 1 + (_SEARCH if method == "contains" else _STRINGS)
        case ContainsAny(texts=texts):
            return 1 + STRING_MAX + _PER_TEXT * len(texts.constant.strings)
        case Membership(container=Read()):
            return 1 + _LIST
        case Value(value=tuple() as items):
            return 1 + len(items)
        case _:
            return 1
