"""PaymentReceived: a payment the channel claims for an order, known here or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.ingest import PaymentReceived
from common.database.work import Work
from reconciliation.use_cases.payments import Claimed, record_payments


@dataclass(frozen=True, slots=True)
class RecordPayments:
    async def __call__(self, messages: Sequence[Message[PaymentReceived]], work: Work) -> None:
        """Write the payments; look whether statements told of them before."""
        claimed = [
            Claimed(m.data.order_id, m.data.currency, m.data.payment, m.event_id) for m in messages
        ]
        await record_payments(work, claimed)
