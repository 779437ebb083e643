"""Everything reconciliation listens to."""

from collections.abc import Sequence

from common.contracts.fulfillment import (
    OrderAllocated,
    OrderBackordered,
    OrderCancelled,
    OrderHandedOver,
)
from common.contracts.ingest import OrderReceived, PaymentReceived
from common.messaging.subscription import Subscription, on
from reconciliation.handlers.order_allocated import RecordAllocations
from reconciliation.handlers.order_backordered import RecordBackorders
from reconciliation.handlers.order_cancelled import RecordCancellations
from reconciliation.handlers.order_handed_over import RecordHandovers
from reconciliation.handlers.order_received import RecordOrders
from reconciliation.handlers.payment_received import RecordPayments


def subscriptions() -> Sequence[Subscription]:
    return (
        on(OrderReceived, RecordOrders()),
        on(PaymentReceived, RecordPayments()),
        on(OrderAllocated, RecordAllocations()),
        on(OrderBackordered, RecordBackorders()),
        on(OrderHandedOver, RecordHandovers()),
        on(OrderCancelled, RecordCancellations()),
    )
