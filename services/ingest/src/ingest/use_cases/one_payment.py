"""The one payment of an order, told with its number on one way in and without it on another."""

from collections.abc import Sequence

from common.database.operations import record
from common.database.work import Work
from ingest.domain.draft import DraftPayment
from ingest.domain.incoming import Incoming
from ingest.domain.payments import Paid, Told, amounts_of, judge, new_payments
from ingest.store import later
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.order_version import CHANNEL

_NUMBER = "payment_number"


async def told_new(stored: StoredOrder, incoming: Incoming, work: Work) -> Sequence[DraftPayment]:
    """Return the payments of a message that the order does not know under any name."""
    fresh = new_payments(stored.draft, incoming.draft.payments)
    same_currency = incoming.draft.currency == stored.draft.currency
    if not fresh or incoming.unnumbered is None or not same_currency:
        return fresh
    paid = Paid(
        amounts=amounts_of(stored.draft.payments)
        | await later.amounts(work.connection, stored.order_id),
        payable_minor=stored.draft.amounts.payable_minor,
        numbers=await later.keys(work.connection, stored.order_id, _NUMBER),
    )
    told = [(payment, judge(payment, incoming.unnumbered, paid)) for payment in fresh]
    for payment, meaning in told:
        if meaning is Told.NUMBER and payment.reference:
            await _note(stored, incoming.unnumbered, payment.reference, work)
    return [payment for payment, meaning in told if meaning is Told.NEW]


async def _note(stored: StoredOrder, unnumbered: str, number: str, work: Work) -> None:
    """Keep the number: the payment stays what others know it by, and people find both."""
    await later.note(work.connection, stored.order_id, _NUMBER, number, work.now)
    record(
        work,
        actor=CHANNEL,
        action="payment.numbered",
        subject=("order", stored.order_id),
        order_id=stored.order_id,
        before={"reference": unnumbered},
        after={"reference": number},
    )
