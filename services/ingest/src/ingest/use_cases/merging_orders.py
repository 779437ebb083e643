"""Closes a quarantined order as a duplicate of another; what was paid for it counts there."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from common.contracts.event import Cause
from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict, FieldError, NotFound, Unprocessable
from common.life_cycle import State, Trigger, step
from ingest.domain.draft import DraftPayment
from ingest.domain.payments import new_payments
from ingest.domain.validation import payment_reasons
from ingest.store import later, quarantine, sales_orders
from ingest.store.quarantine import Quarantined, Resolution
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.refunds import pass_on_refunds
from ingest.use_cases.update_orders import take_payments


async def merge(
    work: Work, order_id: UUID, into: UUID, resolution: Resolution, cause: Cause
) -> Quarantined:
    """Close the order; its refunds, and payments that the other does not know, are the other's.

    Raises:
        NotFound, Conflict: there is no such order in quarantine, or it may not be merged.
        Unprocessable: it is not the same order as the other, or a payment is still wrong.
    """
    locked = await sales_orders.lock_some(work.connection, {order_id, into})
    stored, other = _both(locked, order_id, into)
    if await later.cancellations_of(work.connection, [order_id]):
        raise Conflict("The channel cancelled this order: discard it, or release it.")
    payments = new_payments(other.draft, _sound(stored))
    if payments and stored.draft.currency != other.draft.currency:
        raise _wrong("into", "other_currency", "The payments are in another currency.")
    taken = await take_payments(other, payments, cause, work)
    refunds = await pass_on_refunds(order_id, other, cause, work)
    state = step(stored.state, Trigger.DISCARD) or stored.state
    await sales_orders.save(work.connection, order_id, stored.draft, state)
    await quarantine.resolve(work.connection, order_id, resolution)
    record(
        work,
        actor=resolution.resolved_by,
        action="quarantine.merged",
        subject=("order", order_id),
        order_id=order_id,
        before={"state": stored.state},
        after={"state": state, "into": str(into), "payments": len(taken)}
        | ({"refunds": refunds} if refunds else {}),
        reason=resolution.reason,
    )
    found = await quarantine.find(work.connection, order_id)
    if found is None:
        raise NotFound(f"Order {order_id} was never in quarantine.")
    return found


def _both(
    locked: Mapping[UUID, StoredOrder], order_id: UUID, into: UUID
) -> tuple[StoredOrder, StoredOrder]:
    stored, other = locked.get(order_id), locked.get(into)
    if stored is None:
        raise NotFound(f"There is no order {order_id}.")
    if stored.state is not State.QUARANTINED:
        raise Conflict(f"Order {order_id} is not in quarantine: it is {stored.state}.")
    if order_id == into:
        raise _wrong("into", "same_order", "An order is no duplicate of itself.")
    if other is None:
        raise _wrong("into", "unknown_order", f"There is no order {into}.")
    if (stored.draft.channel, stored.draft.shop) != (other.draft.channel, other.draft.shop):
        raise _wrong("into", "other_shop", "The orders are not of the same channel and shop.")
    if other.state is State.DISCARDED:
        raise Conflict(f"Order {into} was discarded.")
    return stored, other


def _sound(stored: StoredOrder) -> Sequence[DraftPayment]:
    """Return the order's payments, all of which must be right: none may get lost unseen."""
    payments = stored.draft.payments
    reasons = [
        reason
        for number, payment in enumerate(payments)
        for reason in payment_reasons(payment, f"payments.{number}")
    ]
    if reasons:
        errors = [FieldError(field=r.field, code=r.code, message=r.message) for r in reasons]
        raise Unprocessable("The order's payments have to be corrected first.", errors=errors)
    return payments


def _wrong(field: str, code: str, message: str) -> Unprocessable:
    error = FieldError(field=field, code=code, message=message)
    return Unprocessable(f"{field}: {message}", errors=[error])
