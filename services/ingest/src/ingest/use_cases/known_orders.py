"""What callers report about one order that is here: a payment, the wish to cancel."""

from uuid import UUID

from common.contracts.event import Cause
from common.database.work import Work
from common.http.problems import Conflict, FieldError, NotFound, Unprocessable
from common.life_cycle import State
from ingest.domain.draft import DraftPayment
from ingest.domain.normal import normal_payment
from ingest.domain.payments import new_payments
from ingest.domain.validation import payment_reasons
from ingest.store import sales_orders
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.update_orders import request_cancellation, take_payments


async def report_payment(work: Work, order_id: UUID, payment: DraftPayment, cause: Cause) -> bool:
    """Return whether the payment was new.

    Raises:
        NotFound, Conflict: there is no such order, or it was discarded.
        Unprocessable: something is wrong with the payment.
    """
    stored = await _lock(work, order_id)
    payment = normal_payment(payment)
    reasons = list(payment_reasons(payment, "payment"))
    if reasons:
        errors = [FieldError(field=r.field, code=r.code, message=r.message) for r in reasons]
        raise Unprocessable("The payment is not complete.", errors=errors)
    fresh = new_payments(stored.draft, [payment])
    return bool(await take_payments(stored, fresh, cause, work))


async def wish_to_cancel(work: Work, order_id: UUID, reason: str, cause: Cause) -> bool:
    """Return whether the wish was new.

    Raises:
        NotFound, Conflict: there is no such order, or it was discarded.
    """
    stored = await _lock(work, order_id)
    return await request_cancellation(stored, {order_id: reason}, cause, work)


async def _lock(work: Work, order_id: UUID) -> StoredOrder:
    stored = await sales_orders.lock_one(work.connection, order_id)
    if stored is None:
        raise NotFound(f"There is no order {order_id}.")
    if stored.state is State.DISCARDED:
        raise Conflict(f"Order {order_id} was discarded.")
    return stored
