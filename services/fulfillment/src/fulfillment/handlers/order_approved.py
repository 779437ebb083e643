"""OrderApproved -> OrderAllocated | OrderBackordered; nothing yet where a payment is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from common.contracts.event import Message
from common.contracts.fulfillment import LinesMissed
from common.contracts.order import Order as Placed
from common.contracts.risk import OrderApproved
from common.database.work import Work
from common.errors import Permanent
from common.life_cycle import State
from fulfillment.domain.channel_wishes import misses, with_terms
from fulfillment.domain.order import Order, approve
from fulfillment.domain.terms import Terms, total_by_sku
from fulfillment.store import gate, orders, payments
from fulfillment.store.orders import lines_of, particulars_of
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class ProceedWithOrders:
    async def __call__(self, messages: Sequence[Message[OrderApproved]], work: Work) -> None:
        """Take note of what was ordered, then allocate what is paid."""
        ordered = {m.data.order_id: _ordered(m.data.order) for m in messages}
        await gate.enter(work.connection)
        known = await orders.lock(work.connection, ordered)
        early = await payments.of_orders(work.connection, ordered)
        now = {i: _with_terms(known.get(i), i, terms) for i, (terms, _) in ordered.items()}
        news = {i: ordered[i].particulars for i, order in now.items() if order is not known.get(i)}
        changes: dict[UUID, Change] = {}
        for message in messages:
            order_id, origin = message.data.order_id, origin_of(message, work)
            after = approve(
                now[order_id],
                message.data.decision_no,
                early.get(order_id, {}),
                origin.because,
                await_recheck=message.data.await_recheck,
            )
            if after is not known.get(order_id):
                now[order_id] = after
                lines = _left(after, ordered[order_id].terms) if order_id in news else None
                changes[order_id] = Change(after, origin, news.get(order_id), lines=lines)
        await settle(work, list(changes.values()))
        for order_id in news:
            _tell_what_is_missed(changes[order_id], work)


def _with_terms(known: Order | None, order_id: UUID, terms: Terms) -> Order:
    """Begin the order, or complete one of which only what others want of it came before."""
    if known is None:
        return Order(order_id=order_id, terms=terms)
    return known if known.terms is not None else with_terms(known, terms)


def _left(order: Order, ordered: Terms) -> str | None:
    return None if order.terms == ordered else lines_of(order.edited)


def _tell_what_is_missed(change: Change, work: Work) -> None:
    order = change.order
    if order.edited and misses(order, order.edited):
        missed = LinesMissed(order_id=order.order_id, lines_no=order.lines_no, state=State.RECEIVED)
        work.publish(missed, because=change.origin.cause)


class Ordered(NamedTuple):
    """What an approval tells of an order."""

    terms: Terms
    particulars: str


def _ordered(placed: Placed) -> Ordered:
    if any(line.quantity < 1 for line in placed.lines):
        raise Permanent("A line has no positive quantity.")
    terms = Terms(
        currency=placed.currency,
        payable_minor=placed.amounts.payable_minor,
        placed_at=placed.placed_at,
        payments={p.reference: p.amount_minor for p in placed.payments},
        wanted=total_by_sku((line.sku, line.quantity) for line in placed.lines),
        country=placed.address.country,
        region=placed.address.province,
        in_store=placed.delivery == "in_store",
    )
    return Ordered(terms, particulars_of(placed))
