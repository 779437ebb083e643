"""A message about an order that is here already: new payments and a cancellation, once each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from common.contracts.event import Cause
from common.contracts.ingest import CancellationRequested, PaymentReceived
from common.contracts.order import Payment
from common.database.work import Work
from common.errors import Collided
from common.life_cycle import State
from ingest.domain.draft import Draft, DraftPayment
from ingest.domain.identity import Identity
from ingest.domain.incoming import Incoming
from ingest.domain.receipt import Status
from ingest.domain.validation import Reason
from ingest.store import later, sales_orders
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.later_changes import take_version
from ingest.use_cases.one_payment import told_new
from ingest.use_cases.order_version import Version


@dataclass(frozen=True, slots=True)
class Update:
    entry_id: UUID
    """What the caller tells its updates apart by."""
    identity: Identity
    incoming: Incoming
    reasons: Sequence[Reason]
    """What is wrong with the order as the message shows it."""
    cause: Cause


async def update_orders(updates: Sequence[Update], work: Work) -> dict[UUID, tuple[Status, UUID]]:
    """Apply the updates in turn; return status and order id for each entry.

    Raises:
        Collided: an order that was there a moment ago is not; only a correction of its number does.
    """
    known = dict(await sales_orders.lock(work.connection, {u.identity for u in updates}))
    if any(update.identity not in known for update in updates):
        raise Collided("An order changed its number at the same moment.")
    outcomes: dict[UUID, tuple[Status, UUID]] = {}
    for update in updates:
        stored = known[update.identity]
        known[update.identity], changed = await _apply(update, stored, work)
        status = Status.UPDATED if changed else Status.DUPLICATE
        outcomes[update.entry_id] = (status, stored.order_id)
    return outcomes


async def _apply(update: Update, stored: StoredOrder, work: Work) -> tuple[StoredOrder, bool]:
    """Return the order as it is now, and whether the message told anything new.

    One order at a time: what comes here are repeats, nearly all of which end at the first line.
    """
    version = Version(update.incoming, update.reasons, update.cause)
    now, changed = await take_version(stored, version, work)
    payments = await told_new(now, update.incoming, work)
    currency = update.incoming.draft.currency
    paid = await take_payments(now, payments, update.cause, work, currency=currency)
    wish = {stored.order_id: update.incoming.cancelled} if update.incoming.cancelled else {}
    wished = await request_cancellation(now, wish, update.cause, work) if wish else False
    if paid:
        now = replace(now, draft=with_payments(now.draft, paid))
    return now, bool(changed or paid or wished)


def with_payments(draft: Draft, payments: Sequence[DraftPayment]) -> Draft:
    return replace(draft, payments=(*draft.payments, *payments))


async def take_payments(
    stored: StoredOrder,
    payments: Sequence[DraftPayment],
    cause: Cause,
    work: Work,
    *,
    currency: str | None = None,
) -> list[DraftPayment]:
    """Store payments and announce them; a quarantined order keeps them until it is released.

    They are in the order's currency unless the message that told of them has another.
    """
    if not payments:
        return []
    if stored.state is State.QUARANTINED:
        draft = with_payments(stored.draft, payments)
        await sales_orders.save(work.connection, stored.order_id, draft, stored.state)
        return list(payments)
    rows = [(stored.order_id, _payment(payment)) for payment in payments]
    added = await later.add_payments(work.connection, rows, work.now)
    for order_id, payment in added:
        event = PaymentReceived(
            order_id=order_id, currency=currency or stored.draft.currency or "", payment=payment
        )
        work.publish(event, because=cause)
    references = {payment.reference for _, payment in added}
    return [payment for payment in payments if payment.reference in references]


async def request_cancellation(
    stored: StoredOrder, wish: Mapping[UUID, str], cause: Cause, work: Work
) -> bool:
    """Note the wish and announce it; a quarantined order announces it when it is released."""
    added = await later.add_cancellations(work.connection, wish, work.now)
    if stored.state is State.RECEIVED:
        for order_id in added:
            event = CancellationRequested(order_id=order_id, reason=wish[order_id])
            work.publish(event, because=cause)
    return bool(added)


def _payment(payment: DraftPayment) -> Payment:
    return Payment.model_validate(payment, from_attributes=True)
