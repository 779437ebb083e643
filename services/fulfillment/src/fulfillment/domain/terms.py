"""What fulfilment has to know of what was ordered, where it goes, and what was paid for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What fulfilment has to know of what was ordered; only lines may be taken off."""

    currency: str
    payable_minor: int
    placed_at: datetime
    payments: Mapping[str, int]
    """Reference -> minor units: what was paid when the order came."""
    wanted: Mapping[str, int]
    """SKU -> quantity, over all lines."""
    country: str
    region: str
    in_store: bool = False
    """The goods were handed over where they were sold: no warehouse has to do with it."""


class Piece(NamedTuple):
    """One line, as far as the warehouse has to do with it."""

    sku: str
    title: str
    quantity: int


class Place(NamedTuple):
    """Where an order goes, as far as the choice of a warehouse needs it."""

    country: str
    region: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment reported on its own, after the order or before it."""

    reference: str
    currency: str
    amount_minor: int


def total_by_sku(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up the quantities of lines; two lines may ask for the same SKU."""
    totals: dict[str, int] = {}
    for sku, quantity in lines:
        totals[sku] = totals.get(sku, 0) + quantity
    return totals


def asks_for_less(wanted: Mapping[str, int], before: Mapping[str, int]) -> bool:
    """Tell whether something was taken off, and nothing added: SKU -> quantity, both."""
    return wanted != before and all(n <= before.get(sku, 0) for sku, n in wanted.items())


def paid_minor(terms: Terms, receipts: Mapping[str, Receipt]) -> int:
    """Add up payments, each reference once; one in another currency is no payment of this order."""
    paid = {r.reference: r.amount_minor for r in receipts.values() if r.currency == terms.currency}
    paid.update(terms.payments)
    return sum(paid.values())
