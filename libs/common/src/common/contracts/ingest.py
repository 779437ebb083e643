"""Events published by ingest; `hold_no`, `address_no` and `lines_no` count what the channel said.

The highest of them is its last word, in whatever order they come.
"""

from typing import ClassVar

from pydantic import AwareDatetime

from common.contracts.event import Event
from common.contracts.order import Address, Amounts, Customer, Line, Order, Payment


class OrderReceived(Event):
    """A valid order was stored and awaits a risk decision."""

    TYPE: ClassVar[str] = "order.received"
    VERSION: ClassVar[int] = 1

    order: Order


class PaymentReceived(Event):
    """The channel reported a payment for an order after the order itself."""

    TYPE: ClassVar[str] = "payment.received"
    VERSION: ClassVar[int] = 1

    currency: str
    payment: Payment


class CancellationRequested(Event):
    """The order is to be cancelled; fulfillment decides whether it still can be."""

    TYPE: ClassVar[str] = "cancellation.requested"
    VERSION: ClassVar[int] = 1

    reason: str


class QuarantineOverdue(Event):
    """The order is still in quarantine at its deadline: somebody has to be reminded; told once."""

    TYPE: ClassVar[str] = "quarantine.overdue"
    VERSION: ClassVar[int] = 1

    channel: str
    shop: str
    owner: str | None = None
    """Who looks after it, where somebody does."""
    opened_at: AwareDatetime
    due_at: AwareDatetime
    reasons: tuple[str, ...]
    """Codes of what is wrong with it."""


class AddressChanged(Event):
    """The channel reported another receiver or address for an order that is here already."""

    TYPE: ClassVar[str] = "address.changed"
    VERSION: ClassVar[int] = 1

    address_no: int
    customer: Customer
    address: Address


class MemoChanged(Event):
    """What the customer wrote about the order is something else now."""

    TYPE: ClassVar[str] = "memo.changed"
    VERSION: ClassVar[int] = 1

    memo: str | None


class LinesChanged(Event):
    """The channel reported other lines for an order: it was edited, or cancelled in part."""

    TYPE: ClassVar[str] = "lines.changed"
    VERSION: ClassVar[int] = 1

    lines_no: int = 0
    """0 in events from before they were counted."""
    lines: tuple[Line, ...]
    amounts: Amounts


class HoldRequested(Event):
    """The channel wants an order kept back that was let in before."""

    TYPE: ClassVar[str] = "hold.requested"
    VERSION: ClassVar[int] = 1

    hold_no: int
    reason: str


class HoldLifted(Event):
    """The channel wants an order kept back no longer."""

    TYPE: ClassVar[str] = "hold.lifted"
    VERSION: ClassVar[int] = 1

    hold_no: int


class RefundRequested(Event):
    """The channel reported that the customer asks for money back, or got some."""

    TYPE: ClassVar[str] = "refund.requested"
    VERSION: ClassVar[int] = 1

    reference: str
    """The channel's own number of the refund."""
    currency: str
    amount_minor: int
    reason: str | None
    requested_at: AwareDatetime | None
