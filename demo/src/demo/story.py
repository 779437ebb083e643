"""The kinds of orders there are in the demo, and where each of them must end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Ending(StrEnum):
    """Where an order rests when all is done."""

    HANDED_OVER = "handed over to a courier"
    PACKED = "packed"
    PICKING = "being picked"
    ALLOCATED = "given to a warehouse"
    BACKORDERED = "waiting for stock"
    UNPAID = "waiting for payment"
    HELD = "held for a reviewer"
    REJECTED = "rejected by risk"
    CANCELLED = "cancelled before handover"
    QUARANTINED = "in quarantine"
    REFUSED = "refused, wrong signature"


class Place(NamedTuple):
    """What the services after ingest say of an order; None where they do not know it."""

    verdict: str | None = None
    state: str | None = None
    booked: str | None = None
    """Its state in reconciliation."""


_NOWHERE = Place()
PLACES = {
    Ending.HANDED_OVER: Place("approved", "handed_over", "handed_over"),
    Ending.PACKED: Place("approved", "packed", "allocated"),
    Ending.PICKING: Place("approved", "picking", "allocated"),
    Ending.ALLOCATED: Place("approved", "allocated", "allocated"),
    Ending.BACKORDERED: Place("approved", "backordered", "backordered"),
    Ending.UNPAID: Place("approved", "awaiting_payment", "awaiting_payment"),
    Ending.HELD: Place("held", "held", "received"),
    Ending.REJECTED: Place("rejected", "cancelled", "cancelled"),
    Ending.CANCELLED: Place("approved", "cancelled", "cancelled"),
    Ending.QUARANTINED: _NOWHERE,
    Ending.REFUSED: _NOWHERE,
}
SCANS = {
    Ending.PICKING: ("picking",),
    Ending.PACKED: ("picking", "packed"),
    Ending.HANDED_OVER: ("picking", "packed", "handed_over"),
}
"""What the warehouse scans to bring an order there."""


class Change(StrEnum):
    """What somebody does about an order after it came."""

    PAID = "the customer pays"
    CANCELLED = "the customer cancels"
    CORRECTED = "a clerk corrects and releases it"
    REVIEWED = "a reviewer approves it"


class Money(StrEnum):
    """What the statement shows of an order."""

    NOTHING = "nothing, and nothing was claimed"
    AGREES = "what was claimed"
    REFUNDED = "what was claimed, and its refund"
    SHORT = "less"
    TWICE = "the same twice"
    NOT_REFUNDED = "what was claimed, though the order is cancelled"
    MISSING = "nothing, though it was claimed"
    STRANGE = "money of an order that was not let in"


DIFFERENCES = {
    Money.SHORT: "short",
    Money.TWICE: "over",
    Money.NOT_REFUNDED: "over",
    Money.MISSING: "missing",
    Money.STRANGE: "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    ending: Ending
    reason: str | None = None
    """Why ingest must put it into quarantine."""
    change: Change | None = None
    money: Money = Money.AGREES

    @property
    def is_let_in(self) -> bool:
        return self.ending not in (Ending.QUARANTINED, Ending.REFUSED)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What risk must decide, in turn."""
        verdict = PLACES[self.ending].verdict
        if verdict is None:
            return ()
        return ("held", verdict) if self.change is Change.REVIEWED else (verdict,)

    @property
    def is_straight(self) -> bool:
        """Tell whether nobody has to act between the webhook and the warehouse."""
        return self.change in (None, Change.CANCELLED)
