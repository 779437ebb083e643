"""PaymentReceived -> OrderAllocated | OrderBackordered, where the order waited only for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.ingest import PaymentReceived
from common.database.work import Work
from fulfillment.domain.order import pay
from fulfillment.domain.terms import Receipt
from fulfillment.store import gate, orders, payments
from fulfillment.store.payments import Reported
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class CountPayments:
    async def __call__(self, messages: Sequence[Message[PaymentReceived]], work: Work) -> None:
        """Keep the payments, early ones too, and let orders proceed that are now fully paid."""
        latest = {m.data.order_id: m for m in messages}
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, latest)
        await payments.add(work.connection, [_reported(m.data) for m in messages])
        receipts = await payments.of_orders(work.connection, latest)
        changes: dict[UUID, Change] = {}
        for order_id, message in latest.items():
            origin = origin_of(message, work)
            after = pay(now[order_id], receipts.get(order_id, {}), origin.because)
            if after is not now[order_id]:
                changes[order_id] = Change(after, origin)
        await settle(work, list(changes.values()))


def _reported(event: PaymentReceived) -> Reported:
    payment = event.payment
    receipt = Receipt(payment.reference, event.currency, payment.amount_minor)
    return Reported(event.order_id, receipt, payment.paid_at)
