"""Which states of an order at fulfillment fit which decision of risk."""

from sluice.domain.accounts import Decided, Shipped

RESERVING = frozenset({"allocated", "picking", "packed"})
LEFT = frozenset({"handed_over", "in_transit", "delivered", "returned"})
WITH_GOODS = RESERVING | LEFT
PAID = frozenset({"awaiting_allocation", "backordered"})
"""What an order is in, once paid, before it has goods."""

RESTING = {
    "approved": WITH_GOODS | PAID | {"awaiting_payment"},
    "held": frozenset({"held"}),
    "rejected": frozenset({"cancelled"}),
}


def fits(decided: Decided, shipped: Shipped) -> bool:
    """Tell whether the state is one that this decision, when it has arrived, leads to."""
    if shipped.state == "cancelled" and shipped.cancellation == "accepted":
        return True  # on request, whatever risk says
    if decided.decision_no > 1 and shipped.state in LEFT:
        return True  # approved by an earlier decision; what has left is past holding
    if shipped.awaiting_channel:
        return (decided.state, shipped.state) == ("approved", "held")
    return shipped.state in RESTING.get(decided.state, frozenset())
