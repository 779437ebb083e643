"""Everything risk listens to."""

from collections.abc import Sequence

from common.contracts.fulfillment import HoldMissed
from common.contracts.ingest import HoldLifted, HoldRequested, OrderReceived
from common.messaging.subscription import Subscription, on
from risk.handlers.hold_lifted import NoteLiftedHolds
from risk.handlers.hold_missed import NoteMissedHolds
from risk.handlers.hold_requested import NoteHolds
from risk.handlers.order_received import AssessOrders


def subscriptions(assess: AssessOrders) -> Sequence[Subscription]:
    return (
        on(OrderReceived, assess),
        on(HoldMissed, NoteMissedHolds()),
        on(HoldRequested, NoteHolds()),
        on(HoldLifted, NoteLiftedHolds()),
    )
