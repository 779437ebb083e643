"""What a difference is called, when it is large, and how it is told in one sentence."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from common.money import decimal_from_minor, exponent


class Kind(StrEnum):
    SHORT = "short"
    """Less was received than expected."""
    OVER = "over"
    """More was received than expected."""
    MISSING = "missing"
    """A payment the order claims is on no statement, though statements cover its time."""
    PENDING = "pending"
    """As missing, but no statement reaches up to its time yet."""
    UNKNOWN = "unknown"
    """A statement line belongs to no order."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which amount on one difference is flagged, in whole units of any currency."""

    units: Decimal

    def reached_by(self, difference_minor: int, currency: str) -> bool:
        return abs(difference_minor) >= self.units.scaleb(exponent(currency))


@dataclass(frozen=True, slots=True)
class Position:
    """The facts one difference rests on."""

    kind: Kind
    currency: str
    expected_minor: int
    received_minor: int
    payable_minor: int | None
    cancelled: bool


def explain(position: Position) -> str:
    """Say in one plain sentence what does not agree."""
    expected = _money(position.expected_minor, position.currency)
    received = _money(position.received_minor, position.currency)
    gap = _money(abs(position.received_minor - position.expected_minor), position.currency)
    match position.kind:
        case Kind.SHORT:
            return f"{expected} was expected and {received} received: {gap} is missing."
        case Kind.OVER:
            return _explain_over(position, expected, received, gap)
        case Kind.MISSING:
            return (
                f"The order claims a payment of {expected}, and no statement of its time shows it."
            )
        case Kind.PENDING:
            return f"The order claims a payment of {expected}; no statement reaches up to it yet."
        case Kind.UNKNOWN:
            return f"A statement shows {received}, and its reference points to no single order."
        case _:
            assert_never(position.kind)


def _explain_over(position: Position, expected: str, received: str, gap: str) -> str:
    if position.cancelled:
        return f"The order is cancelled, and {received} was received: a refund is due."
    if position.payable_minor is None or position.received_minor <= position.payable_minor:
        return f"{received} was received, {gap} more than the {expected} of payments claimed."
    return f"{received} was received for {expected}: {gap} too much."


def _money(minor: int, currency: str) -> str:
    return f"{decimal_from_minor(minor, currency)} {currency}"
