"""Everything risk listens to."""

from collections.abc import Sequence

from common.contracts.ingest import OrderReceived
from common.messaging.subscription import Subscription, on
from risk.handlers.order_received import AssessOrders
from risk.settings import Settings
from risk.use_cases.active_rules import ActiveRules


def subscriptions(settings: Settings) -> Sequence[Subscription]:
    return (on(OrderReceived, AssessOrders(ActiveRules(settings.ruleset_refresh_seconds))),)
