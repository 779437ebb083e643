"""What the channel wants of an order: the last it said counts, whatever came last."""

from collections.abc import Sequence
from dataclasses import replace

from common.life_cycle import State, Trigger
from fulfillment.domain.order import (
    EDITED,
    KEPT_BACK,
    LEFT,
    LET_GO,
    PROCEEDING,
    RESERVING,
    Because,
    Order,
    proceed,
    take,
)
from fulfillment.domain.terms import Piece, Place, Terms, asks_for_less, total_by_sku

_BEGUN = RESERVING | {State.BACKORDERED}
"""In these states stock was looked for already."""


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


def take_off(order: Order, lines_no: int, lines: Sequence[Piece], because: Because) -> Order:
    """Take lines off an order that is still here; what was reserved for it is looked for anew.

    Before the terms are here the lines are kept for them. Lines that ask for more are only noted:
    nobody has approved them.
    """
    if lines_no <= order.lines_no:
        return order
    noted = replace(order, lines_no=lines_no)
    terms, wanted = order.terms, total_by_sku((line.sku, line.quantity) for line in lines)
    if terms is None:
        return replace(noted, edited=tuple(lines))
    if order.state in LEFT or not asks_for_less(wanted, terms.wanted):
        return noted
    fewer = replace(noted, terms=replace(terms, wanted=wanted))
    if order.state not in _BEGUN:
        return fewer
    stopped = take(fewer, Trigger.KEEP_BACK, because, reason=EDITED) or fewer
    return proceed(stopped, because, reason=EDITED)


def misses(order: Order, lines: Sequence[Piece]) -> bool:
    """Tell whether the order is another than these lines, the channel's last word, say."""
    wanted = total_by_sku((line.sku, line.quantity) for line in lines)
    return order.terms is not None and order.terms.wanted != wanted


def with_terms(order: Order, terms: Terms) -> Order:
    """Return the order with its terms, less the lines that the channel had taken off before."""
    wanted = total_by_sku((line.sku, line.quantity) for line in order.edited)
    if order.edited and asks_for_less(wanted, terms.wanted):
        terms = replace(terms, wanted=wanted)
    return replace(order, terms=terms)
