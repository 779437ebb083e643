"""What a newer version of an order changes: announced once each, whatever came how often."""

from collections.abc import Sequence
from dataclasses import replace

from common.contracts.ingest import (
    AddressChanged,
    HoldLifted,
    HoldRequested,
    LinesChanged,
    MemoChanged,
)
from common.contracts.order import Order
from common.database.operations import record
from common.database.work import Work
from common.life_cycle import State
from ingest.domain.draft import Draft
from ingest.domain.validation import Reason
from ingest.domain.versions import Seen, hides, may_change, seen_of
from ingest.store import later, quarantine, sales_orders
from ingest.store.documents import draft_json
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.order_version import CHANNEL, Version, renewed, with_known_hold
from ingest.use_cases.refunds import announce_refunds, refunds_of_closed
from ingest.use_cases.renewing import renew
from ingest.use_cases.submission import HELD


async def take_version(
    stored: StoredOrder, version: Version, work: Work
) -> tuple[StoredOrder, bool]:
    """Bring an order to a newer version; return it as it is then, and whether that is a change."""
    if not may_change(stored.changed_at, version.incoming.changed_at):
        return stored, False
    version = with_known_hold(version, stored)
    changed = None
    if stored.state is State.RECEIVED:
        changed = await _change(stored, version, work)
    elif stored.state is State.QUARANTINED:
        changed = await renew(stored, version, work)
    elif await refunds_of_closed(stored, version.incoming, version.cause, work):
        changed = stored
    return await _advanced(changed or stored, version, work), changed is not None


async def _advanced(order: StoredOrder, version: Version, work: Work) -> StoredOrder:
    """Note the time of a version that shows nothing new, too: what comes after it may be older."""
    changed_at = version.incoming.changed_at
    if changed_at == order.changed_at:
        return order
    advanced = replace(order, changed_at=changed_at)
    await sales_orders.save_version(work.connection, advanced)
    return advanced


async def _change(stored: StoredOrder, version: Version, work: Work) -> StoredOrder | None:
    """Announce what is different of an order that was let in before."""
    incoming = version.incoming
    # An amount in another currency is no part of this order's.
    known = incoming.draft.currency == stored.draft.currency
    refunded = known and await announce_refunds(stored.order_id, incoming, version.cause, work)
    before, now = await _seen_before(stored, version, work), seen_of(version.draft)
    if (before, stored.held) == (now, incoming.held):
        return stored if refunded else None
    await _announce_hold(stored, version, work)
    wrong = [reason for reason in version.reasons if reason.code != HELD]
    if wrong:
        # What it changes beside is not known to anybody yet: the version that is right tells it.
        changed = replace(renewed(stored, stored.draft, version, stored.state), seen=before)
        is_new = await _refuse(stored, now, wrong, work)
        await sales_orders.save_version(work.connection, changed)
        return changed if is_new or refunded or changed.held != stored.held else None
    draft = await _announce_parts(stored, version, before, work)
    changed = renewed(stored, draft, version, stored.state)
    if draft != stored.draft:
        await sales_orders.save(work.connection, stored.order_id, draft, stored.state)
    await sales_orders.save_version(work.connection, changed)
    return changed


async def _seen_before(stored: StoredOrder, version: Version, work: Work) -> Seen:
    """Return what the channel sent last; of an order from before that was noted, what we have.

    What a person has corrected of such an order is not undone by a repeat.
    """
    if stored.seen is not None:
        return stored.seen
    corrected = await quarantine.is_corrected(work.connection, stored.order_id)
    return seen_of(version.draft if corrected else stored.draft)


async def _announce_hold(stored: StoredOrder, version: Version, work: Work) -> None:
    order_id, held = stored.order_id, version.incoming.held
    if bool(held) == bool(stored.held):
        return
    number = await later.number(work.connection, order_id, "hold", work.now)
    event = (
        HoldRequested(order_id=order_id, hold_no=number, reason=held)
        if held
        else HoldLifted(order_id=order_id, hold_no=number)
    )
    work.publish(event, because=version.cause)


async def _announce_parts(stored: StoredOrder, version: Version, before: Seen, work: Work) -> Draft:
    """Announce each part that the channel changed; return the draft with what is new.

    Lines and amounts stay those that the order was let in with, as its readers count on them.
    """
    order_id, cause, new = stored.order_id, version.cause, version.draft
    now, draft = seen_of(new), stored.draft
    document = Order.model_validate_json(draft_json(new))
    if now.receiver != before.receiver and not hides(new, stored.draft):
        address = AddressChanged(
            order_id=order_id,
            address_no=await later.number(work.connection, order_id, "address", work.now),
            customer=document.customer,
            address=document.address,
        )
        work.publish(address, because=cause)
        draft = replace(draft, customer=new.customer, address=new.address)
    if now.memo != before.memo:
        work.publish(MemoChanged(order_id=order_id, memo=document.memo), because=cause)
        draft = replace(draft, memo=new.memo)
    if now.lines != before.lines:
        lines = LinesChanged(
            order_id=order_id,
            lines_no=await later.number(work.connection, order_id, "lines", work.now),
            lines=document.lines,
            amounts=document.amounts,
        )
        work.publish(lines, because=cause)
    return draft


async def _refuse(stored: StoredOrder, seen: Seen, wrong: Sequence[Reason], work: Work) -> bool:
    """Say once that a change was not taken over, and which fields are why; whether it was new."""
    if not await later.note(work.connection, stored.order_id, "refused", str(seen), work.now):
        return False
    record(
        work,
        actor=CHANNEL,
        action="order.change_refused",
        subject=("order", stored.order_id),
        order_id=stored.order_id,
        after={"wrong": [{"field": reason.field, "code": reason.code} for reason in wrong]},
    )
    return True
