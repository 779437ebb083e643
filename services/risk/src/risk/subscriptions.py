"""Everything risk listens to."""

from collections.abc import Sequence

from common.contracts.fulfillment import HoldMissed
from common.contracts.ingest import OrderReceived
from common.messaging.subscription import Subscription, on
from risk.handlers.hold_missed import NoteMissedHolds
from risk.handlers.order_received import AssessOrders


def subscriptions(assess: AssessOrders) -> Sequence[Subscription]:
    return (on(OrderReceived, assess), on(HoldMissed, NoteMissedHolds()))
