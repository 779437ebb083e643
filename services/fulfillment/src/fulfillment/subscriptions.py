"""Everything fulfillment listens to.

In one transaction they are handled in this sequence: what ends or holds orders comes before what
would allocate them, and what locks most stock comes last.
"""

from collections.abc import Sequence

from common.contracts.ingest import (
    AddressChanged,
    CancellationRequested,
    HoldLifted,
    HoldRequested,
    LinesChanged,
    PaymentReceived,
)
from common.contracts.risk import OrderApproved, OrderFlagged, OrderHeld, OrderRejected
from common.messaging.subscription import Subscription, on
from fulfillment.handlers import (
    address_changed,
    cancellation_requested,
    hold_lifted,
    hold_requested,
    lines_changed,
    order_approved,
    order_flagged,
    order_held,
    order_rejected,
    payment_received,
)


def subscriptions() -> Sequence[Subscription]:
    return (
        on(OrderHeld, order_held.HoldOrders()),
        on(OrderFlagged, order_flagged.StopOrders()),
        on(OrderRejected, order_rejected.EndOrders()),
        on(CancellationRequested, cancellation_requested.CancelOrders()),
        on(HoldRequested, hold_requested.KeepOrdersBack()),
        on(AddressChanged, address_changed.SendElsewhere()),
        on(LinesChanged, lines_changed.TakeLinesOff()),
        on(HoldLifted, hold_lifted.LetOrdersGo()),
        on(PaymentReceived, payment_received.CountPayments()),
        on(OrderApproved, order_approved.ProceedWithOrders()),
    )
