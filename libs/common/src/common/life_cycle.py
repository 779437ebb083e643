"""The one life cycle of an order: every step, what triggers it and which service owns it.

Pure, so that any domain may import it. docs/generated/life-cycle.md is drawn from TRANSITIONS.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"
    RECEIVED = "received"
    HELD = "held"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_ALLOCATION = "awaiting_allocation"
    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    PICKING = "picking"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    ACCEPT = "accept"
    INTERCEPT = "intercept"
    RELEASE = "release"
    DISCARD = "discard"
    HOLD = "hold"
    FLAG = "flag"
    KEEP_BACK = "keep_back"
    """The channel wants it kept back; risk lets it proceed."""
    APPROVE_PAID = "approve_paid"
    APPROVE_UNPAID = "approve_unpaid"
    REJECT = "reject"
    PAY = "pay"
    TAKE_AWAY = "take_away"
    """Sold over the counter, approved and paid: the buyer has the goods."""
    RESERVE_STOCK = "reserve_stock"
    FIND_NO_STOCK = "find_no_stock"
    SCAN_PICKING = "scan_picking"
    SCAN_PACKED = "scan_packed"
    SCAN_HANDED_OVER = "scan_handed_over"
    COURIER_MOVES = "courier_moves"
    COURIER_DELIVERS = "courier_delivers"
    COURIER_RETURNS = "courier_returns"
    CANCEL = "cancel"


class Owner(StrEnum):
    """The service that takes the step, and so answers for it."""

    INGEST = "ingest"
    RISK = "risk"
    FULFILLMENT = "fulfillment"


@dataclass(frozen=True, slots=True)
class Transition:
    source: State | None
    """None: the step begins the order."""
    trigger: Trigger
    target: State
    owner: Owner


_BEFORE_HANDOVER = (
    State.RECEIVED,
    State.HELD,
    State.AWAITING_PAYMENT,
    State.AWAITING_ALLOCATION,
    State.BACKORDERED,
    State.ALLOCATED,
    State.PICKING,
    State.PACKED,
)
_S, _T, _I, _R, _F = State, Trigger, Owner.INGEST, Owner.RISK, Owner.FULFILLMENT

TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, _T.ACCEPT, _S.RECEIVED, _I),
    Transition(None, _T.INTERCEPT, _S.QUARANTINED, _I),
    Transition(_S.QUARANTINED, _T.RELEASE, _S.RECEIVED, _I),
    Transition(_S.QUARANTINED, _T.DISCARD, _S.DISCARDED, _I),
    Transition(_S.RECEIVED, _T.HOLD, _S.HELD, _R),
    *(
        Transition(source, trigger, target, _R)
        for source in (_S.RECEIVED, _S.HELD)
        for trigger, target in (
            (_T.APPROVE_PAID, _S.AWAITING_ALLOCATION),
            (_T.APPROVE_UNPAID, _S.AWAITING_PAYMENT),
            (_T.REJECT, _S.CANCELLED),
        )
    ),
    *(
        Transition(source, _T.FLAG, _S.HELD, _R)
        for source in _BEFORE_HANDOVER
        if source is not _S.HELD
    ),
    *(
        Transition(source, _T.KEEP_BACK, _S.HELD, _F)
        for source in _BEFORE_HANDOVER
        if source is not _S.HELD
    ),
    Transition(_S.AWAITING_PAYMENT, _T.PAY, _S.AWAITING_ALLOCATION, _F),
    *(
        Transition(source, _T.TAKE_AWAY, _S.DELIVERED, _F)
        for source in (_S.RECEIVED, _S.HELD, _S.AWAITING_PAYMENT)
    ),
    Transition(_S.AWAITING_ALLOCATION, _T.RESERVE_STOCK, _S.ALLOCATED, _F),
    Transition(_S.AWAITING_ALLOCATION, _T.FIND_NO_STOCK, _S.BACKORDERED, _F),
    Transition(_S.BACKORDERED, _T.RESERVE_STOCK, _S.ALLOCATED, _F),
    Transition(_S.ALLOCATED, _T.SCAN_PICKING, _S.PICKING, _F),
    Transition(_S.PICKING, _T.SCAN_PACKED, _S.PACKED, _F),
    Transition(_S.PACKED, _T.SCAN_HANDED_OVER, _S.HANDED_OVER, _F),
    Transition(_S.HANDED_OVER, _T.COURIER_MOVES, _S.IN_TRANSIT, _F),
    *(
        Transition(source, trigger, target, _F)
        for source in (_S.HANDED_OVER, _S.IN_TRANSIT)
        for trigger, target in (
            (_T.COURIER_DELIVERS, _S.DELIVERED),
            (_T.COURIER_RETURNS, _S.RETURNED),
        )
    ),
    Transition(_S.DELIVERED, _T.COURIER_RETURNS, _S.RETURNED, _F),
    *(Transition(source, _T.CANCEL, _S.CANCELLED, _F) for source in _BEFORE_HANDOVER),
)

_NEXT = {(t.source, t.trigger): t.target for t in TRANSITIONS}
FINAL = frozenset(State) - {t.source for t in TRANSITIONS if t.source is not None}


def step(state: State | None, trigger: Trigger) -> State | None:
    """Return the state after the trigger, or None where the life cycle has no such step."""
    return _NEXT.get((state, trigger))
