"""Which money of the statements belongs to which order.

Decides by reference and currency alone, a whole reference at a time, so that neither the order of
lines nor that of orders matters. Where more than one answer is possible there is none: the lines
stay open, and a person sees them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID


class Rule(StrEnum):
    """Why a line is linked to an order."""

    EXACT = "exact"
    """Reference and currency agree, and the lines add up to what is expected."""
    REFERENCE = "reference"
    """Reference and currency agree; the amount does not (yet)."""
    ORDER_NO = "order_no"
    """The reference is the number of exactly one order in this currency."""
    MERGED = "merged"
    """Several orders claim the reference, and together exactly what the lines add up to."""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement line that is not linked to anything yet; a refund is negative."""

    line_id: UUID
    transaction_id: str
    occurred_at: datetime
    reference: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be received under the text that may stand on a statement."""

    text: str
    order_id: UUID
    reference: str | None
    """The payment; None where the text is the number of the order itself."""
    currency: str
    expected_minor: int
    received_minor: int
    """What earlier lines have brought already."""


@dataclass(frozen=True, slots=True)
class Link:
    """So much of a line is for this order."""

    line_id: UUID
    order_id: UUID
    reference: str | None
    currency: str
    amount_minor: int
    rule: Rule


Key = tuple[str, str]
"""Text and currency."""

T = TypeVar("T")


def decide(lines: Iterable[Line], claims: Iterable[Claim]) -> list[Link]:
    """Link every line that has one possible place; what comes back with no link stays open."""
    claims_by_key = _grouped(claims, lambda c: (c.text, c.currency))
    lines_by_key = _grouped(lines, lambda line: (line.reference, line.currency))
    return [
        link
        for key, group in lines_by_key.items()
        for link in _decide_group(group, claims_by_key.get(key, []))
    ]


def _decide_group(lines: Sequence[Line], claims: Sequence[Claim]) -> Iterable[Link]:
    payments = [claim for claim in claims if claim.reference is not None]
    candidates = payments or claims
    if len(candidates) == 1:
        return _to_one(lines, candidates[0])
    return _merged(lines, payments)


def _to_one(lines: Sequence[Line], claim: Claim) -> Iterator[Link]:
    received = claim.received_minor + sum(line.amount_minor for line in lines)
    rule = Rule.EXACT if received == claim.expected_minor else Rule.REFERENCE
    if claim.reference is None:
        rule = Rule.ORDER_NO
    for line in lines:
        yield _link(line, claim, line.amount_minor, rule)


def _merged(lines: Sequence[Line], claims: Sequence[Claim]) -> list[Link]:
    """Split lines among claims that they pay exactly; any other sum could be split in many ways."""
    open_minor = [claim.expected_minor - claim.received_minor for claim in claims]
    amounts = [line.amount_minor for line in lines]
    if min(open_minor, default=-1) < 0 or min(amounts) <= 0 or sum(open_minor) != sum(amounts):
        return []
    links: list[Link] = []
    unpaid = iter(sorted(zip(claims, open_minor, strict=True), key=lambda pair: pair[0].order_id))
    claim, due = next(unpaid)
    for line in sorted(lines, key=_place):
        left = line.amount_minor
        while left:
            while not due:
                claim, due = next(unpaid)
            part = min(left, due)
            links.append(_link(line, claim, part, Rule.MERGED))
            left, due = left - part, due - part
    return links


def _link(line: Line, claim: Claim, amount_minor: int, rule: Rule) -> Link:
    return Link(line.line_id, claim.order_id, claim.reference, claim.currency, amount_minor, rule)


def _place(line: Line) -> tuple[datetime, str, int, UUID]:
    return (line.occurred_at, line.transaction_id, line.amount_minor, line.line_id)


def _grouped(things: Iterable[T], key: Callable[[T], Key]) -> dict[Key, list[T]]:
    groups: defaultdict[Key, list[T]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups
