"""The event that tells others of a decision."""

from typing import assert_never

from common.contracts.order import Order
from common.contracts.risk import OrderApproved, OrderFlagged, OrderHeld, OrderRejected
from risk.domain.assessment import FIRST, Assessment
from risk.domain.decision import Outcome

Announcement = OrderApproved | OrderHeld | OrderFlagged | OrderRejected


def announcement(assessed: Assessment, order: Order) -> Announcement:
    """Tell the decision; an approval carries the order on, a later hold may call it back."""
    order_id, decision_no, ruleset = assessed.order_id, assessed.decision_no, assessed.ruleset
    match assessed.decision.outcome:
        case Outcome.APPROVED:
            return OrderApproved(
                order_id=order_id,
                decision_no=decision_no,
                ruleset=ruleset,
                order=order,
                degraded=assessed.decision.degraded,
                await_recheck=assessed.decision.await_recheck,
            )
        case Outcome.HELD:
            hold = OrderHeld if decision_no == FIRST else OrderFlagged
            return hold(
                order_id=order_id,
                decision_no=decision_no,
                ruleset=ruleset,
                reasons=_names(assessed),
            )
        case Outcome.REJECTED:
            return OrderRejected(
                order_id=order_id,
                decision_no=decision_no,
                ruleset=ruleset,
                reasons=_names(assessed),
            )
        case _:
            assert_never(assessed.decision.outcome)


def _names(assessed: Assessment) -> tuple[str, ...]:
    return tuple(reason.name for reason in assessed.decision.reasons)
