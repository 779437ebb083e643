"""Closures for comparisons, with the two shapes that most rules have done in one step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from common.expression.errors import Inconclusive
from common.expression.terms import Read

Run = Callable[[Sequence[Any]], Any]
"""A compiled term: from the values of the fields to its own."""

MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Operator after its sides were swapped."""


def unclear(cause: str) -> NoReturn:
    raise Inconclusive(cause)


def cause_if_missing(field: Read) -> str:
    return f"missing:{field.name}"


BETWEEN: Mapping[str, Callable[[Run, Run], Run]] = {
    "==": lambda left, right: lambda values: left(values) == right(values),
    "!=": lambda left, right: lambda values: left(values) != right(values),
    "<": lambda left, right: lambda values: left(values) < right(values),
    "<=": lambda left, right: lambda values: left(values) <= right(values),
    ">": lambda left, right: lambda values: left(values) > right(values),
    ">=": lambda left, right: lambda values: left(values) >= right(values),
}
"""Two terms of any shape."""

# A check for None is one instruction; asking a None for its order would raise only for some
# operators, and would not know the field.
FIELD_WITH_CONSTANT: Mapping[str, Callable[[int, Any, str], Run]] = {
    "==": lambda at, constant, cause: (
        lambda values: x == constant if (x := values[at]) is not None else unclear(cause)
    ),
    "!=": lambda at, constant, cause: (
        lambda values: x != constant if (x := values[at]) is not None else unclear(cause)
    ),
    "<": lambda at, constant, cause: (
        lambda values: x < constant if (x := values[at]) is not None else unclear(cause)
    ),
    "<=": lambda at, constant, cause: (
        lambda values: x <= constant if (x := values[at]) is not None else unclear(cause)
    ),
    ">": lambda at, constant, cause: (
        lambda values: x > constant if (x := values[at]) is not None else unclear(cause)
    ),
    ">=": lambda at, constant, cause: (
        lambda values: x >= constant if (x := values[at]) is not None else unclear(cause)
    ),
}

FIELD_WITH_TERM: Mapping[str, Callable[[int, Run, str], Run]] = {
    "==": lambda at, right, cause: (
        lambda values: x == right(values) if (x := values[at]) is not None else unclear(cause)
    ),
    "!=": lambda at, right, cause: (
        lambda values: x != right(values) if (x := values[at]) is not None else unclear(cause)
    ),
    "<": lambda at, right, cause: (
        lambda values: x < right(values) if (x := values[at]) is not None else unclear(cause)
    ),
    "<=": lambda at, right, cause: (
        lambda values: x <= right(values) if (x := values[at]) is not None else unclear(cause)
    ),
    ">": lambda at, right, cause: (
        lambda values: x > right(values) if (x := values[at]) is not None else unclear(cause)
    ),
    ">=": lambda at, right, cause: (
        lambda values: x >= right(values) if (x := values[at]) is not None else unclear(cause)
    ),
}
"""Such as an amount with the limit of its currency."""
