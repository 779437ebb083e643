"""What the channel wants of an order: the last it said counts, whatever came last."""

from dataclasses import replace

from common.life_cycle import Trigger
from fulfillment.domain.order import (
    KEPT_BACK,
    LEFT,
    LET_GO,
    PROCEEDING,
    Because,
    Order,
    proceed,
    take,
)
from fulfillment.domain.terms import Place


def keep_back(order: Order, hold_no: int, because: Because, *, reason: str) -> Order:
    """Hold an order that is on its way out; any other is noted, and held instead of approved."""
    if hold_no <= order.hold_no:
        return order
    noted = replace(order, hold_no=hold_no, kept_back=reason)
    if order.state not in PROCEEDING:
        return noted
    return take(noted, Trigger.KEEP_BACK, because, reason=f"{KEPT_BACK}: {reason}") or noted


def let_go(order: Order, hold_no: int, because: Because) -> Order:
    """Let an order go on that only waited for this; one that risk holds stays held."""
    if hold_no <= order.hold_no:
        return order
    noted = replace(order, hold_no=hold_no, kept_back=None)
    return proceed(noted, because, reason=LET_GO) if order.awaiting_channel else noted


def readdress(order: Order, address_no: int, place: Place) -> Order:
    """Send an order elsewhere; what has left keeps the address that it was sent to."""
    if address_no <= order.address_no:
        return order
    noted = replace(order, address_no=address_no)
    return noted if order.state in LEFT else replace(noted, destination=place)
