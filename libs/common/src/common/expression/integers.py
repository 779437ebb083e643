"""Arithmetic of signed 64-bit integers: what leaves the range has no value."""

from collections.abc import Callable, Mapping

from common.expression.comparing import Run, unclear
from common.expression.types import INT_MAX, INT_MIN

OVERFLOW = "overflow"
DIVISION_BY_ZERO = "division_by_zero"


def quotient(dividend: int, divisor: int) -> int:
    """Divide, cutting off towards zero."""
    if divisor == 0:
        unclear(DIVISION_BY_ZERO)
    whole = abs(dividend) // abs(divisor)
    number = whole if (dividend < 0) == (divisor < 0) else -whole
    return number if number <= INT_MAX else unclear(OVERFLOW)


def remainder(dividend: int, divisor: int) -> int:
    """Return what a division leaves over; it has the sign of the dividend."""
    return dividend - quotient(dividend, divisor) * divisor


def negative(operand: Run) -> Run:
    return lambda values: n if (n := -operand(values)) <= INT_MAX else unclear(OVERFLOW)


OPERATIONS: Mapping[str, Callable[[Run, Run], Run]] = {
    "+": lambda left, right: (
        lambda values: (
            n if INT_MIN <= (n := left(values) + right(values)) <= INT_MAX else unclear(OVERFLOW)
        )
    ),
    "-": lambda left, right: (
        lambda values: (
            n if INT_MIN <= (n := left(values) - right(values)) <= INT_MAX else unclear(OVERFLOW)
        )
    ),
    "*": lambda left, right: (
        lambda values: (
            n if INT_MIN <= (n := left(values) * right(values)) <= INT_MAX else unclear(OVERFLOW)
        )
    ),
    "/": lambda left, right: lambda values: quotient(left(values), right(values)),
    "%": lambda left, right: lambda values: remainder(left(values), right(values)),
}
