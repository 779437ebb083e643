"""Events published by ingest."""

from typing import ClassVar

from common.contracts.event import Event
from common.contracts.order import Order, Payment


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
