"""What people with scanners tell: picked, packed, handed over."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from common.contracts.event import Cause
from common.contracts.fulfillment import OrderHandedOver
from common.database.work import Work
from common.http.problems import Conflict, NotFound
from common.life_cycle import State
from fulfillment.domain.codes import scanned_task_code
from fulfillment.domain.order import Order, is_blocked, take
from fulfillment.domain.scanning import (
    TRIGGERS,
    Blocked,
    Next,
    OutOfOrder,
    PutBack,
    Repeated,
    ScanStep,
    meaning,
)
from fulfillment.store import gate, history, orders, shipments, tasks
from fulfillment.store.shipments import Shipment
from fulfillment.use_cases.changes import Change, called_by
from fulfillment.use_cases.settling import settle


class Handover(NamedTuple):
    courier: str
    tracking_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    code: str
    step: ScanStep
    handover: Handover | None
    """Exactly with the step `handed_over`."""
    scanned_at: datetime
    device_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Scanned:
    order_id: UUID
    task_code: str
    state: State
    version: int
    repeated: bool


async def record(work: Work, scan: Scan, cause: Cause) -> Scanned:
    """Take the step that was scanned; the same scan again has the same answer.

    Raises:
        NotFound: no task or parcel has this code.
        Conflict: another step comes first, risk has to look again first, or the task was ended.
    """
    code = scanned_task_code(scan.code)
    order_id = await tasks.order_of_task(work.connection, code) if code else None
    if code is None or order_id is None:
        raise NotFound("No task or parcel has this code.")
    if scan.handover is not None:  # what leaves is taken from stock
        await gate.enter(work.connection)
    order = (await orders.lock(work.connection, [order_id]))[order_id]
    ended = await tasks.is_ended(work.connection, code)
    blocked = is_blocked(order.state, awaiting_recheck=order.awaiting_recheck)
    found = meaning(order.state, scan.step, ended=ended, blocked=blocked)
    if isinstance(found, Repeated):
        return await _repeat(work, order_id, code, scan)
    if not isinstance(found, Next):
        raise Conflict(_refusal(found, order.state))
    after = await _advance(work, order, scan, cause)
    return Scanned(order_id, code, after.state, after.version, repeated=False)


def _refusal(found: Blocked | OutOfOrder | PutBack, state: State) -> str:
    match found:
        case OutOfOrder(expected):
            return f"The order is {state}; the step expected is {expected}."
        case Blocked():
            return "The order awaits a re-check by risk: let the goods lie until it is done."
        case PutBack() if state is State.CANCELLED:
            return "The order was cancelled: put the parcel back."
        case PutBack():
            return f"The task was ended, its order is {state}: put the parcel back."
        case _ as never:
            assert_never(never)


async def _advance(work: Work, order: Order, scan: Scan, cause: Cause) -> Order:
    origin = called_by(scan.by, work, cause)
    reason = f"device {scan.device_id} at {scan.scanned_at.isoformat(timespec='seconds')}"
    after = take(order, TRIGGERS[scan.step], origin.because, reason=reason)
    assert after is not None  # noqa: S101 - `meaning` found it to be the next step
    if scan.handover is not None:
        await _hand_over(work, after, scan, cause)
    await settle(work, [Change(after, origin)])
    return after


async def _hand_over(work: Work, order: Order, scan: Scan, cause: Cause) -> None:
    assert scan.handover is not None  # noqa: S101 - the caller looked
    assert order.warehouse is not None  # noqa: S101 - an order with a task has a warehouse
    courier, tracking_no = scan.handover
    at = min(scan.scanned_at, work.now)  # a device's clock may be ahead
    if not await shipments.add(work.connection, Shipment(order.order_id, courier, tracking_no, at)):
        raise Conflict("The courier's tracking number is in use for another order.")
    event = OrderHandedOver(
        order_id=order.order_id,
        version=order.version,
        warehouse=order.warehouse,
        courier=courier,
        tracking_no=tracking_no,
        handed_over_at=at,
    )
    work.publish(event, because=cause)


async def _repeat(work: Work, order_id: UUID, code: str, scan: Scan) -> Scanned:
    """Answer as the first time."""
    if scan.handover is not None:
        kept = await shipments.of_order(work.connection, order_id)
        if kept is None or (kept.courier, kept.tracking_no) != scan.handover:
            raise Conflict("The parcel was handed over with another courier or tracking number.")
    trigger = TRIGGERS[scan.step]
    version = await history.version_after(work.connection, order_id, trigger)
    return Scanned(order_id, code, State(scan.step), version, repeated=True)
