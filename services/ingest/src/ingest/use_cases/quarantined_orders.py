"""What a person does with a quarantined order: correct, release or discard it."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from common.contracts.event import Cause
from common.contracts.ingest import OrderReceived
from common.contracts.order import Order
from common.database.operations import record
from common.database.work import Work
from common.errors import Collided
from common.http.problems import Conflict, FieldError, NotFound, Unprocessable, bad_input
from common.life_cycle import State, Trigger, step
from ingest.domain.changed import changed_fields
from ingest.domain.correcting import Drafts, still_wrong
from ingest.domain.draft import Draft
from ingest.domain.identity import identity_of
from ingest.domain.merge_patch import merged
from ingest.domain.validation import Reason, checked
from ingest.store import quarantine, sales_orders
from ingest.store.documents import draft_json, read_draft
from ingest.store.quarantine import Quarantined, Resolution
from ingest.store.sales_orders import StoredOrder
from ingest.use_cases.renewing import announce_kept
from ingest.use_cases.submission import held_reasons


async def correct(work: Work, order_id: UUID, patch: dict[str, Any], by: str) -> Quarantined:
    """Apply a JSON merge patch to the order and check it anew; who changed what is kept.

    What only the message shows stays wrong until its field is corrected; that the channel keeps
    the order back, until the channel says otherwise.

    Raises:
        NotFound, Conflict: there is no such order in quarantine.
        Unprocessable: the patched order has a field that is unknown or of the wrong type.
    """
    stored = await _lock(work, order_id)
    quarantined, before = await _quarantined(work, order_id), stored.draft
    if {"channel", "shop"} & patch.keys():
        raise Unprocessable("channel and shop: come from the path the order arrived by.")
    try:
        patched = read_draft(json.dumps(merged(json.loads(draft_json(before)), patch)))
    except ValidationError as error:
        raise bad_input(error) from None
    after, found = checked(patched, work.now)
    first = checked(before, quarantined.opened_at)[1]
    reasons = still_wrong(quarantined.reasons, first, found, Drafts(before, after))
    await _refuse_taken_number(work, stored, after)
    try:
        await sales_orders.save(work.connection, order_id, after, State.QUARANTINED)
    except Collided:
        raise Conflict("channel_order_no: another order has this number.") from None
    await quarantine.save_reasons(work.connection, order_id, reasons)
    await quarantine.record_correction(work.connection, (order_id, before, after), by, work.now)
    record(
        work,
        actor=by,
        action="quarantine.corrected",
        subject=("order", order_id),
        order_id=order_id,
        # The values may be a person's: the correction keeps them, where access to them is kept.
        before={"wrong": _named(quarantined.reasons)},
        after={"changed": changed_fields(before, after), "wrong": _named(reasons)},
    )
    return await _quarantined(work, order_id)


async def release(work: Work, order_id: UUID, resolution: Resolution, cause: Cause) -> Quarantined:
    """Let the corrected order in.

    What the channel keeps back nobody here lets go: the channel's own later message does.

    Raises:
        NotFound, Conflict: there is no such order in quarantine.
        Unprocessable: something is still wrong with it, or its channel keeps it back.
    """
    stored = await _lock(work, order_id)
    _, found = checked(stored.draft, work.now)
    reasons = [*held_reasons(stored.held), *found]
    if reasons:
        errors = [FieldError(field=r.field, code=r.code, message=r.message) for r in reasons]
        raise Unprocessable("The order still has to be corrected.", errors=errors)
    state = step(stored.state, Trigger.RELEASE) or stored.state
    await sales_orders.save(work.connection, order_id, stored.draft, state)
    await quarantine.resolve(work.connection, order_id, resolution)
    _record(work, stored, state, resolution)
    order = Order.model_validate_json(draft_json(stored.draft))
    work.publish(OrderReceived(order_id=order_id, order=order), because=cause)
    await announce_kept(order_id, order.currency, cause, work)
    return await _quarantined(work, order_id)


async def discard(work: Work, order_id: UUID, resolution: Resolution) -> Quarantined:
    """Close the quarantine without letting the order in; it stays readable.

    Raises:
        NotFound, Conflict: there is no such order in quarantine.
    """
    stored = await _lock(work, order_id)
    state = step(stored.state, Trigger.DISCARD) or stored.state
    await sales_orders.save(work.connection, order_id, stored.draft, state)
    await quarantine.resolve(work.connection, order_id, resolution)
    _record(work, stored, state, resolution)
    return await _quarantined(work, order_id)


async def assign(work: Work, order_id: UUID, owner: str | None, by: str) -> Quarantined:
    """Say who looks after the order from now on; nobody, where there is no owner.

    Raises:
        NotFound, Conflict: there is no such order in quarantine.
    """
    await _lock(work, order_id)
    before = await _quarantined(work, order_id)
    await quarantine.assign(work.connection, order_id, owner)
    record(
        work,
        actor=by,
        action="quarantine.assigned",
        subject=("order", order_id),
        order_id=order_id,
        before={"owner": before.owner},
        after={"owner": owner},
    )
    return await _quarantined(work, order_id)


def _record(work: Work, stored: StoredOrder, state: State, resolution: Resolution) -> None:
    record(
        work,
        actor=resolution.resolved_by,
        action=f"quarantine.{resolution.resolution}",
        subject=("order", stored.order_id),
        order_id=stored.order_id,
        before={"state": stored.state},
        after={"state": state},
        reason=resolution.reason,
    )


def _named(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    return [{"field": reason.field, "code": reason.code} for reason in reasons]


async def _lock(work: Work, order_id: UUID) -> StoredOrder:
    stored = await sales_orders.lock_one(work.connection, order_id)
    if stored is None:
        raise NotFound(f"There is no order {order_id}.")
    if stored.state is not State.QUARANTINED:
        raise Conflict(f"Order {order_id} is not in quarantine: it is {stored.state}.")
    return stored


async def _refuse_taken_number(work: Work, stored: StoredOrder, after: Draft) -> None:
    identity = identity_of(after)
    if identity is None or after.channel_order_no == stored.draft.channel_order_no:
        return
    others = await sales_orders.lock(work.connection, {identity})
    if identity in others:
        raise Conflict(f"channel_order_no: order {others[identity].order_id} has this number.")


async def _quarantined(work: Work, order_id: UUID) -> Quarantined:
    found = await quarantine.find(work.connection, order_id)
    if found is None:
        raise NotFound(f"Order {order_id} was never in quarantine.")
    return found
