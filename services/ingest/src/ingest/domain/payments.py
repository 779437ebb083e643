"""Which of the payments that are told of an order are one and the same.

A reference names one payment of an order. Beside that a channel that takes one payment for an order
may tell it now with its number and now without, on one way in or on several: its mapping says what
it is called without one (`unnumbered_payment`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.domain.draft import Draft, DraftPayment
from ingest.domain.validation import payment_reasons


class Told(StrEnum):
    """What a payment is that a channel tells."""

    NEW = "new"
    KNOWN = "known"
    NUMBER = "number"
    """The number of the one that was told without: told once, it belongs to that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What is known of an order's payments."""

    amounts: Mapping[str | None, int]
    """Reference -> minor units."""
    payable_minor: int | None
    numbers: frozenset[str] = field(default_factory=frozenset)
    """What the payment without a number turned out to be; one at most."""

    def is_among(self, amount_minor: int) -> bool:
        """Tell whether this may be what is known: as much was paid, or nothing more is owed."""
        owed = self.payable_minor
        enough = owed is not None and sum(self.amounts.values()) >= owed
        return enough or amount_minor in self.amounts.values()


def judge(payment: DraftPayment, unnumbered: str, paid: Paid) -> Told:
    """Say what a payment is of a channel that takes one for an order.

    Two numbers are two payments; so are two amounts that the order needs both.
    """
    reference = payment.reference
    if reference in paid.amounts or reference in paid.numbers:
        return Told.KNOWN
    if not paid.amounts or not paid.is_among(payment.amount_minor or 0):
        return Told.NEW
    if reference == unnumbered:
        return Told.KNOWN
    named = unnumbered not in paid.amounts or paid.numbers
    return Told.NEW if named else Told.NUMBER


def new_payments(draft: Draft, reported: Sequence[DraftPayment]) -> list[DraftPayment]:
    """Return the valid payments that the order does not know yet by their reference."""
    known = {payment.reference for payment in draft.payments}
    fresh: dict[str | None, DraftPayment] = {}
    for payment in reported:
        if payment.reference not in known and _is_sound(payment):
            fresh.setdefault(payment.reference, payment)
    return list(fresh.values())


def all_payments(before: Draft, now: Draft, unnumbered: str | None) -> tuple[DraftPayment, ...]:
    """Return the payments of the newer version, and those that only the older one knows, each once.

    What was wrong with a payment is not kept: the newer version tells it right, or not at all.
    """
    told = {payment.reference for payment in now.payments}
    known: dict[str | None, DraftPayment] = {}
    for payment in before.payments:
        if payment.reference not in told and _is_sound(payment):
            known.setdefault(payment.reference, payment)
    if unnumbered is None:
        return (*known.values(), *now.payments)
    paid = Paid(amounts=amounts_of(known.values()), payable_minor=now.amounts.payable_minor)
    newer = []
    for payment in now.payments:
        # Nobody was told of either: the one with the number stays, whichever came first.
        meaning = judge(payment, unnumbered, paid) if _is_sound(payment) else Told.NEW
        if meaning is Told.NUMBER:
            known.pop(unnumbered)
        if meaning is not Told.KNOWN:
            newer.append(payment)
    return (*known.values(), *newer)


def amounts_of(payments: Iterable[DraftPayment]) -> dict[str | None, int]:
    return {payment.reference: payment.amount_minor or 0 for payment in payments}


def _is_sound(payment: DraftPayment) -> bool:
    return not any(payment_reasons(payment, ""))
