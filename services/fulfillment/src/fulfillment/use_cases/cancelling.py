"""Cancelling orders, for whoever may wish it."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from common.database.work import Work
from fulfillment.domain.order import Order, request_cancellation
from fulfillment.use_cases.changes import Change, Origin
from fulfillment.use_cases.settling import settle


class Wish(NamedTuple):
    reason: str
    origin: Origin


async def cancel(
    work: Work, locked: Mapping[UUID, Order], wishes: Mapping[UUID, Wish]
) -> dict[UUID, Order]:
    """Cancel what is still here, and remember for the rest that it was wished."""
    now = dict(locked)
    changes = []
    for order_id, (reason, origin) in wishes.items():
        before = locked[order_id]
        after = request_cancellation(before, reason, origin.because)
        if after is not before:
            now[order_id] = after
            changes.append(Change(after, origin))
    await settle(work, changes)
    return now
