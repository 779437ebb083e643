"""What couriers tell of parcels that have left."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.contracts.event import Cause
from common.database.work import Work
from common.http.problems import NotFound
from common.life_cycle import State, Trigger
from fulfillment.domain.order import take
from fulfillment.store import orders, shipments
from fulfillment.use_cases.changes import Change, called_by, save

TRIGGERS = {
    State.IN_TRANSIT: Trigger.COURIER_MOVES,
    State.DELIVERED: Trigger.COURIER_DELIVERS,
    State.RETURNED: Trigger.COURIER_RETURNS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierNews:
    courier: str
    tracking_no: str
    status: State
    occurred_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Tracked:
    order_id: UUID
    state: State
    version: int
    applied: bool


async def track(work: Work, news: CourierNews, cause: Cause) -> Tracked:
    """Follow the parcel; news that is old or repeated changes nothing.

    Raises:
        NotFound: the courier has no parcel of ours with this number.
    """
    order_id = await shipments.order_with(work.connection, news.courier, news.tracking_no)
    if order_id is None:
        raise NotFound("This courier has no parcel with this tracking number.")
    order = (await orders.lock(work.connection, [order_id]))[order_id]
    origin = called_by(news.by, work, cause)
    reason = f"courier, at {news.occurred_at.isoformat(timespec='seconds')}"
    after = take(order, TRIGGERS[news.status], origin.because, reason=reason)
    if after is None:
        return Tracked(order_id, order.state, order.version, applied=False)
    await shipments.set_status(work.connection, order_id, after.state, news.occurred_at)
    await save(work, [Change(after, origin)])
    return Tracked(order_id, after.state, after.version, applied=True)
