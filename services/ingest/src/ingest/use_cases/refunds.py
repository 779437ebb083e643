"""Refunds that a channel tells of: announced once each, those of a quarantined order later.

Those of an order that was closed in quarantine are told of the one it was merged into, or kept.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from common.contracts.event import Cause
from common.contracts.ingest import RefundRequested
from common.database.work import Work
from common.life_cycle import State
from common.money import MINOR_MAX
from ingest.domain.incoming import Incoming
from ingest.domain.validation import legible
from ingest.store import kept_refunds, later, quarantine, sales_orders
from ingest.store.sales_orders import StoredOrder


async def announce_refunds(order_id: UUID, incoming: Incoming, cause: Cause, work: Work) -> bool:
    """Announce each refund that is new; return whether any was."""
    return await _announce(list(_refunds(order_id, incoming)), cause, work)


async def keep_refunds(order_id: UUID, incoming: Incoming, work: Work) -> bool:
    """Keep the refunds of an order that nobody was told of yet; return whether any is new."""
    return await kept_refunds.keep(work.connection, list(_refunds(order_id, incoming)))


async def announce_kept_refunds(order_id: UUID, currency: str, cause: Cause, work: Work) -> None:
    """Announce what was kept of an order that is let in just now, in its currency.

    The message may not have told the currency, or told it wrong: that may be why the order waited.
    What is in another stays until the channel tells it right, or a person has seen to it.
    """
    kept = await kept_refunds.take(work.connection, order_id, {currency, ""})
    await _announce([_in(one, currency) for one in kept], cause, work)


async def pass_on_refunds(order_id: UUID, other: StoredOrder, cause: Cause, work: Work) -> int:
    """Make what was kept for an order the refunds of the one it is a duplicate of; return how many.

    What is in another currency is none of the other's: it stays, and people see that it does.
    """
    currency = other.draft.currency or ""
    kept = await kept_refunds.take(work.connection, order_id, {currency, ""})
    ours = [one.model_copy(update={"order_id": other.order_id}) for one in kept]
    if other.state is State.QUARANTINED:
        await kept_refunds.keep(work.connection, ours)
    else:
        await _announce([_in(one, currency) for one in ours], cause, work)
    return len(kept)


async def refunds_of_closed(
    stored: StoredOrder, incoming: Incoming, cause: Cause, work: Work
) -> bool:
    """Take the refunds of an order that was closed in quarantine; return whether any is new.

    They are told of the order it was merged into. Where there is none, or that is closed as well,
    they are kept for people to see.
    """
    refunds = list(_refunds(stored.order_id, incoming))
    closed = await quarantine.find(work.connection, stored.order_id) if refunds else None
    into = closed.merged_into if closed else None
    other = await sales_orders.find(work.connection, into) if into else None
    if other is None or other.state is State.DISCARDED:
        return await kept_refunds.keep(work.connection, refunds)
    currency = other.draft.currency or ""
    ours = [one for one in refunds if one.currency in {currency, ""}]
    named = [one.model_copy(update={"order_id": other.order_id}) for one in ours]
    kept = await kept_refunds.keep(work.connection, [one for one in refunds if one not in ours])
    if other.state is State.QUARANTINED:
        return await kept_refunds.keep(work.connection, named) or kept
    return await _announce([_in(one, currency) for one in named], cause, work) or kept


def _in(refund: RefundRequested, currency: str) -> RefundRequested:
    return refund.model_copy(update={"currency": currency})


async def _announce(refunds: Sequence[RefundRequested], cause: Cause, work: Work) -> bool:
    announced = False
    for refund in refunds:
        key = refund.reference
        if await later.note(work.connection, refund.order_id, "refund", key, work.now):
            await kept_refunds.forget(work.connection, refund.order_id, key)
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
