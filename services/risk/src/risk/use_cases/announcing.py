"""The event that tells others of a decision."""

from typing import assert_never

from common.contracts.order import Order
from common.contracts.risk import OrderApproved, OrderHeld, OrderRejected
from risk.domain.assessment import Assessment
from risk.domain.rules import Outcome


def announcement(assessed: Assessment, order: Order) -> OrderApproved | OrderHeld | OrderRejected:
    """Tell the decision; an approval carries the order on."""
    order_id, decision_no, ruleset = assessed.order_id, assessed.decision_no, assessed.ruleset
    match assessed.decision.outcome:
        case Outcome.APPROVED:
            return OrderApproved(
                order_id=order_id, decision_no=decision_no, ruleset=ruleset, order=order
            )
        case Outcome.HELD:
            return OrderHeld(
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
