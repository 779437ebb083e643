"""A payment is claimed: write it down, and find the money if a statement showed it before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.order import Payment
from common.database.work import Work
from reconciliation.store import transactions
from reconciliation.use_cases.matching import match_late

MATCHED_BY = "reconciliation"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A payment somebody tells of, and in which event."""

    order_id: UUID
    currency: str
    payment: Payment
    event_id: UUID


async def record_payments(
    work: Work, claimed: Iterable[Claimed], order_nos: Sequence[str] = ()
) -> None:
    """Write payments; `order_nos` are the numbers of orders that came with them."""
    payments = _latest(claimed)
    references = [c.payment.reference for c in payments]
    await transactions.add(
        work.connection,
        {
            "order_id": [c.order_id for c in payments],
            "reference": references,
            "method": [c.payment.method for c in payments],
            "currency": [c.currency for c in payments],
            "amount_minor": [c.payment.amount_minor for c in payments],
            "paid_at": [c.payment.paid_at for c in payments],
            "source_event": [c.event_id for c in payments],
        },
    )
    await match_late(work, {*references, *order_nos}, by=MATCHED_BY)


def _latest(claimed: Iterable[Claimed]) -> list[Claimed]:
    """Return each payment once, as it was last told, in the order of their keys."""
    latest = {(c.order_id, c.payment.reference): c for c in sorted(claimed, key=_place)}
    return [latest[key] for key in sorted(latest)]


def _place(claimed: Claimed) -> tuple[object, ...]:
    payment = claimed.payment
    facts = (payment.paid_at, payment.amount_minor, claimed.currency, payment.method)
    return (*facts, claimed.event_id)
