"""Refunds that a channel tells of: announced once each, those of a quarantined order later."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from common.contracts.event import Cause
from common.contracts.ingest import RefundRequested
from common.database.work import Work
from common.money import MINOR_MAX
from ingest.domain.incoming import Incoming
from ingest.domain.validation import legible
from ingest.store import kept_refunds, later


async def announce_refunds(order_id: UUID, incoming: Incoming, cause: Cause, work: Work) -> bool:
    """Announce each refund that is new; return whether any was."""
    return await _announce(list(_refunds(order_id, incoming)), cause, work)


async def keep_refunds(order_id: UUID, incoming: Incoming, work: Work) -> bool:
    """Keep the refunds of an order that nobody was told of yet; return whether any is new."""
    return await kept_refunds.keep(work.connection, list(_refunds(order_id, incoming)))


async def announce_kept_refunds(order_id: UUID, currency: str, cause: Cause, work: Work) -> None:
    """Announce what was kept of an order that is let in just now, in its currency.

    The message may not have told the currency, or told it wrong: that may be why the order waited.
    """
    kept = await kept_refunds.take(work.connection, order_id)
    ours = [one for one in kept if one.currency in {currency, ""}]
    named = [one.model_copy(update={"currency": currency}) for one in ours]
    await _announce(named, cause, work)


async def _announce(refunds: Sequence[RefundRequested], cause: Cause, work: Work) -> bool:
    announced = False
    for refund in refunds:
        key = refund.reference
        if await later.note(work.connection, refund.order_id, "refund", key, work.now):
            work.publish(refund, because=cause)
            announced = True
    return announced


def _refunds(order_id: UUID, incoming: Incoming) -> Iterator[RefundRequested]:
    for refund in incoming.refunds:
        amount_minor = abs(refund.amount_minor or 0)
        if refund.reference and 0 < amount_minor < MINOR_MAX:
            yield RefundRequested(
                order_id=order_id,
                reference=legible(refund.reference),
                currency=incoming.draft.currency or "",
                amount_minor=amount_minor,
                reason=legible(refund.reason) if refund.reason else None,
                requested_at=refund.requested_at,
            )
