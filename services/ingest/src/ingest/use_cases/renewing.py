"""A quarantined order in a newer version: the channel may put right what it sent wrong."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from common.contracts.event import Cause
from common.contracts.ingest import CancellationRequested, OrderReceived
from common.contracts.order import Order
from common.database.operations import record
from common.database.work import Work
from common.life_cycle import State, Trigger, step
from ingest.domain.draft import Draft
from ingest.domain.payments import all_payments
from ingest.domain.validation import Reason, checked
from ingest.domain.versions import hides, seen_of
from ingest.store import later, quarantine, sales_orders
from ingest.store.documents import draft_json
from ingest.store.quarantine import Resolution
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.order_version import CHANNEL, Version, renewed
from ingest.use_cases.refunds import announce_kept_refunds, keep_refunds
from ingest.use_cases.submission import HELD, all_reasons, held_reasons

_RECEIVER = ("customer.", "address.")


async def renew(stored: StoredOrder, version: Version, work: Work) -> StoredOrder | None:
    """Let the channel put right what it sent wrong, unless a person has begun to."""
    kept = await keep_refunds(stored.order_id, version.incoming, work)
    seen, held = seen_of(version.draft), version.incoming.held
    same = (seen, held) == (stored.seen, stored.held)
    if same and await _is_wrong_as_before(stored, version, work):
        return stored if kept else None
    if await quarantine.is_corrected(work.connection, stored.order_id):
        return await _follow_hold(stored, version, work)
    draft, reasons = _legible(stored, version, work)
    unnumbered = version.incoming.unnumbered
    draft = replace(draft, payments=all_payments(stored.draft, version.draft, unnumbered))
    state = State.QUARANTINED if reasons else step(stored.state, Trigger.RELEASE)
    order = renewed(stored, draft, version, state or stored.state)
    await sales_orders.save(work.connection, stored.order_id, draft, order.state)
    await sales_orders.save_version(work.connection, order)
    if reasons:
        await quarantine.save_reasons(work.connection, stored.order_id, reasons)
    else:
        await _let_in(order, version, work)
    return order


def _legible(stored: StoredOrder, version: Version, work: Work) -> tuple[Draft, Sequence[Reason]]:
    """Return the newer draft and what is wrong; a receiver that it hides stays as he was told."""
    if not hides(version.draft, stored.draft):
        return version.draft, version.reasons
    draft = replace(version.draft, customer=stored.draft.customer, address=stored.draft.address)
    incoming = version.incoming
    told = tuple(p for p in incoming.problems if not p.field.startswith(_RECEIVER))
    draft, found = checked(draft, work.now)
    return draft, all_reasons(replace(incoming, problems=told), found)


async def _is_wrong_as_before(stored: StoredOrder, version: Version, work: Work) -> bool:
    """Tell whether a repeat is one to us, too: a better mapping may read more of it than before."""
    found = await quarantine.find(work.connection, stored.order_id)
    return found is not None and {*found.reasons} == {*version.reasons}


async def _follow_hold(stored: StoredOrder, version: Version, work: Work) -> StoredOrder | None:
    """Of an order that a person corrected take only whether the channel keeps it back.

    With nothing else wrong it goes on as it was corrected, once the channel lets it.
    """
    incoming = version.incoming
    if incoming.held == stored.held:
        return None
    found = await quarantine.find(work.connection, stored.order_id)
    others = [r for r in found.reasons if r.code != HELD] if found else []
    reasons = [*held_reasons(incoming.held), *others]
    state = State.QUARANTINED if reasons else step(stored.state, Trigger.RELEASE)
    changed_at = incoming.changed_at or stored.changed_at
    followed = replace(
        stored, state=state or stored.state, changed_at=changed_at, held=incoming.held
    )
    await sales_orders.save(work.connection, stored.order_id, stored.draft, followed.state)
    await sales_orders.save_version(work.connection, followed)
    await quarantine.save_reasons(work.connection, stored.order_id, reasons)
    if not reasons:
        await _let_in(followed, version, work)
    return followed


async def _let_in(order: StoredOrder, version: Version, work: Work) -> None:
    resolution = Resolution(
        resolution="released",
        resolved_by=CHANNEL,
        resolved_at=work.now,
        reason="The channel sent it right.",
    )
    await quarantine.resolve(work.connection, order.order_id, resolution)
    document = Order.model_validate_json(draft_json(order.draft))
    received = OrderReceived(order_id=order.order_id, order=document)
    work.publish(received, because=version.cause)
    await announce_kept(order.order_id, document.currency, version.cause, work)
    record(
        work,
        actor=CHANNEL,
        action="quarantine.released",
        subject=("order", order.order_id),
        order_id=order.order_id,
        after={"state": order.state},
        reason=resolution.reason,
    )


async def announce_kept(order_id: UUID, currency: str, cause: Cause, work: Work) -> None:
    """Announce what was asked for while the order was in quarantine: to cancel it, to refund it."""
    wishes = await later.cancellations_of(work.connection, [order_id])
    if order_id in wishes:
        wish = CancellationRequested(order_id=order_id, reason=wishes[order_id])
        work.publish(wish, because=cause)
    await announce_kept_refunds(order_id, currency, cause, work)
