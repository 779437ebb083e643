"""What happens to one order, whatever sequence its events arrive in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.life_cycle import State, Trigger, step
from fulfillment.domain.terms import Piece, Place, Receipt, Terms, paid_minor

REJECTED = "rejected by risk"
FLAGGED = "flagged by risk"
KEPT_BACK = "the channel keeps it back"
EDITED = "the channel took lines off"
LET_GO = "the channel keeps it back no longer"
RESERVING = frozenset({State.ALLOCATED, State.PICKING, State.PACKED})
"""In these states stock in the order's warehouse is reserved for it."""
LEFT = frozenset({State.HANDED_OVER, State.IN_TRANSIT, State.DELIVERED, State.RETURNED})
"""In these states it is too late to hold or cancel."""
PROCEEDING = RESERVING | {
    State.AWAITING_PAYMENT,
    State.AWAITING_ALLOCATION,
    State.BACKORDERED,
}
"""In these states an order is on its way out, and may still be stopped."""
GIVING_BACK = frozenset({State.CANCELLED, State.HELD})


@dataclass(frozen=True, slots=True)
class Because:
    """Who or what causes a step, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an order's history."""

    version: int
    source: State
    trigger: Trigger
    target: State
    because: Because
    reason: str | None


class Outcome(StrEnum):
    """What became of the wish to cancel."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Cancellation:
    outcome: Outcome
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as fulfilment knows it; before risk's first word it is `received` at version 0."""

    order_id: UUID
    state: State = State.RECEIVED
    version: int = 0
    decision_no: int | None = None
    awaiting_recheck: bool = False
    """The last decision approves, but nothing may leave before a later one does so too."""
    awaiting_channel: bool = False
    """The last decision approves, but the order is held until the channel lets it go."""
    hold_no: int = 0
    """Of the channel's last word on keeping the order back."""
    kept_back: str | None = None
    """Why the channel keeps it back, by that word; None: it does not."""
    address_no: int = 0
    """Of the channel's last change of the address."""
    destination: Place | None = None
    """Where it goes since then; None: where the terms say."""
    lines_no: int = 0
    """Of the channel's last change of the lines."""
    edited: tuple[Piece, ...] = ()
    """The lines by that change, where it came before the terms."""
    terms: Terms | None = None
    """None until the approval, which brings them, is here."""
    paid_minor: int = 0
    warehouse: str | None = None
    """The last that reserved for it; of a held or cancelled order, where its goods go back to."""
    cancellation: Cancellation | None = None
    steps: tuple[Step, ...] = ()
    """Steps taken since the order was loaded."""


def take(
    order: Order, trigger: Trigger, because: Because, *, reason: str | None = None
) -> Order | None:
    """Take a step, or return None where the life cycle has no such step."""
    target = step(order.state, trigger)
    if target is None:
        return None
    version = order.version + 1
    taken = Step(version, order.state, trigger, target, because, reason)
    return replace(
        order,
        state=target,
        version=version,
        awaiting_channel=trigger is Trigger.KEEP_BACK,
        steps=(*order.steps, taken),
    )


def approve(
    order: Order,
    decision_no: int,
    receipts: Mapping[str, Receipt],
    because: Because,
    *,
    await_recheck: bool = False,
) -> Order:
    """Let an order with terms proceed, to allocation when it is paid.

    One that the channel keeps back is held instead, until the channel lets it go. A stale approval
    changes no state; that it brought the terms is still of use.
    """
    terms = order.terms
    assert terms is not None  # noqa: S101 - the approval itself brings them
    order = _paid(order, paid_minor(terms, receipts))
    if is_stale(order, decision_no):
        return order
    after = proceed(order, because) if order.kept_back is None else _kept_back(order, because)
    return replace(after, decision_no=decision_no, awaiting_recheck=await_recheck)


def proceed(order: Order, because: Because, *, reason: str | None = None) -> Order:
    """Go on after risk and the channel agree to it; what was held before starts anew."""
    terms = order.terms
    assert terms is not None  # noqa: S101 - only what was approved, which brings them, proceeds
    enough = order.paid_minor >= terms.payable_minor
    paid = Trigger.TAKE_AWAY if terms.in_store else Trigger.APPROVE_PAID
    trigger = paid if enough else Trigger.APPROVE_UNPAID
    after = take(order, trigger, because, reason=reason)
    return order if after is None else replace(after, warehouse=None)


def _kept_back(order: Order, because: Because) -> Order:
    """Hold an order that would proceed; one that is held already waits for the channel now."""
    after = take(order, Trigger.KEEP_BACK, because, reason=f"{KEPT_BACK}: {order.kept_back}")
    return after or replace(order, awaiting_channel=order.state is State.HELD)


def hold(order: Order, decision_no: int, because: Because, *, reason: str | None) -> Order:
    """Stop an order that was not approved yet; one that was, risk flags."""
    if is_stale(order, decision_no):
        return order
    after = take(order, Trigger.HOLD, because, reason=reason)
    return replace(after or order, decision_no=decision_no, awaiting_channel=False)


def flag(order: Order, decision_no: int, because: Because, *, reasons: Iterable[str]) -> Order:
    """Stop an order that is still here, approved before or not; what has left is past holding."""
    if is_stale(order, decision_no):
        return order
    told = ", ".join(reasons)
    after = take(order, Trigger.FLAG, because, reason=f"{FLAGGED}: {told}" if told else FLAGGED)
    return _stopped(after or order, decision_no)


def reject(order: Order, decision_no: int, because: Because) -> Order:
    """End an order; one that was approved before is cancelled as long as it is here."""
    if is_stale(order, decision_no):
        return order
    rejected = take(order, Trigger.REJECT, because, reason=REJECTED) or take(
        order, Trigger.CANCEL, because, reason=REJECTED
    )
    return _stopped(rejected or order, decision_no)


def _stopped(order: Order, decision_no: int) -> Order:
    return replace(order, decision_no=decision_no, awaiting_recheck=False, awaiting_channel=False)


def is_stale(order: Order, decision_no: int) -> bool:
    return order.decision_no is not None and decision_no <= order.decision_no


def pay(order: Order, receipts: Mapping[str, Receipt], because: Because) -> Order:
    """Count all payments known; an order that waited only for them goes on."""
    terms = order.terms
    if terms is None:
        return order
    order = _paid(order, paid_minor(terms, receipts))
    if order.state is not State.AWAITING_PAYMENT or order.paid_minor < terms.payable_minor:
        return order
    return take(order, Trigger.TAKE_AWAY if terms.in_store else Trigger.PAY, because) or order


def _paid(order: Order, minor: int) -> Order:
    return order if minor == order.paid_minor else replace(order, paid_minor=minor)


def request_cancellation(order: Order, reason: str, because: Because) -> Order:
    """Cancel what is still here; what has left keeps its state, and the refusal is remembered."""
    if order.cancellation is not None:
        return order
    cancelled = take(order, Trigger.CANCEL, because, reason=reason) or order
    done = cancelled.state is State.CANCELLED
    outcome = Outcome.ACCEPTED if done else Outcome.REFUSED
    return replace(cancelled, cancellation=Cancellation(outcome, because.at, reason))


def serve(order: Order, warehouse: str | None, because: Because) -> Order:
    """Put the order to the warehouse that reserved for it, or to those waiting where none could."""
    if warehouse is None:
        return take(order, Trigger.FIND_NO_STOCK, because) or order
    reserved = take(order, Trigger.RESERVE_STOCK, because)
    assert reserved is not None  # noqa: S101 - only orders that wait for stock are served
    return replace(reserved, warehouse=warehouse)


def frees_stock(taken: Step) -> bool:
    return taken.target in GIVING_BACK and taken.source in RESERVING


class Holder(StrEnum):
    """Who keeps a held order; each lets go of its own hold alone."""

    RISK = "risk"
    CHANNEL = "channel"


def holders(state: State, kept_back: str | None, *, awaiting_channel: bool) -> tuple[Holder, ...]:
    """Tell by whom a held order is held: by risk unless it waits for the channel alone."""
    if state is not State.HELD:
        return ()
    risk = () if awaiting_channel else (Holder.RISK,)
    return (*risk, Holder.CHANNEL) if kept_back is not None else risk


def is_blocked(state: State, *, awaiting_recheck: bool) -> bool:
    """Tell whether goods are reserved for an order but must not be touched yet."""
    return awaiting_recheck and state in RESERVING
