"""Stock that comes in, by receipt or count, goes to the orders that wait for it."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

import structlog

from common.contracts.event import Cause
from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict, NotFound
from common.ids import new_id
from common.service import Runtime
from fulfillment.store import backorders, gate, stock, stock_entries, warehouses
from fulfillment.store.stock import Level, Movement
from fulfillment.store.stock_entries import Entry, Kind
from fulfillment.store.warehouses import Warehouse
from fulfillment.use_cases.changes import Origin, called_by
from fulfillment.use_cases.settling import serve_waiting

CHORE_SECONDS = 1.0
CHORE = "chore:backorders"

log = structlog.get_logger()


class Delivery(NamedTuple):
    """SKUs that came into a warehouse, or were counted there."""

    warehouse: str
    lines: Mapping[str, int]
    reason: str


class Stocked(NamedTuple):
    levels: dict[str, Level]
    allocated: int


async def receive(work: Work, origin: Origin, delivery: Delivery) -> Stocked:
    """Add to what is on hand.

    Raises:
        NotFound: there is no such warehouse.
    """
    await _enter(work, delivery.warehouse)
    _record(work, origin, delivery, ("stock.received", None))
    return await _change(work, origin, delivery, (Kind.RECEIPT, dict(delivery.lines)))


async def count(work: Work, origin: Origin, delivery: Delivery) -> Stocked:
    """Set what is on hand to what was counted.

    Raises:
        NotFound: there is no such warehouse.
        Conflict: less was counted than is reserved for orders.
    """
    await _enter(work, delivery.warehouse)
    before = await stock.levels(work.connection, delivery.warehouse, delivery.lines)
    nothing = Level(0, 0)
    short = [s for s, n in delivery.lines.items() if n < before.get(s, nothing).reserved]
    if short:
        raise Conflict(f"Less was counted than is reserved for orders: {', '.join(short[:5])}.")
    changes = {s: n - before.get(s, nothing).on_hand for s, n in delivery.lines.items()}
    had = {s: before.get(s, nothing).on_hand for s in delivery.lines}
    _record(work, origin, delivery, ("stock.counted", had))
    return await _change(work, origin, delivery, (Kind.COUNT, changes))


def _record(
    work: Work, origin: Origin, delivery: Delivery, what: tuple[str, Mapping[str, int] | None]
) -> None:
    action, before = what
    record(
        work,
        actor=origin.because.by,
        action=action,
        subject=("warehouse", delivery.warehouse),
        before=before,
        after=delivery.lines,
        reason=delivery.reason,
    )


async def _enter(work: Work, warehouse: str) -> None:
    if not await warehouses.exists(work.connection, warehouse):
        raise NotFound(f"There is no warehouse {warehouse}.")
    await gate.enter(work.connection)


async def _change(
    work: Work, origin: Origin, delivery: Delivery, change: tuple[Kind, dict[str, int]]
) -> Stocked:
    kind, changes = change
    code = delivery.warehouse
    await stock.add_rows(work.connection, {(code, sku): 0 for sku in changes})
    await stock.move(work.connection, {(code, s): Movement(on_hand=n) for s, n in changes.items()})
    entries = [Entry(code, sku, kind, quantity) for sku, quantity in changes.items()]
    await stock_entries.add(work.connection, entries, delivery.reason, origin.because)
    more = [sku for sku, quantity in changes.items() if quantity > 0]
    allocated, _ = await serve_waiting(work, more, origin)
    await backorders.mark(work.connection, more)
    return Stocked(await stock.levels(work.connection, code, delivery.lines), allocated)


async def add_warehouse(work: Work, new: Warehouse, by: str) -> None:
    """Add a warehouse.

    Raises:
        Conflict: the code is taken.
    """
    if not await warehouses.add(work.connection, new):
        raise Conflict(f"There is a warehouse {new.code} already.")
    named = ("warehouse", new.code)
    record(work, actor=by, action="warehouse.added", subject=named, after=asdict(new))


async def put_warehouse(work: Work, wanted: Warehouse, by: str) -> None:
    """Make the warehouse be so; what it keeps may serve orders that wait."""
    await gate.enter(work.connection)
    before = await warehouses.find(work.connection, wanted.code)
    await warehouses.put(work.connection, wanted)
    await backorders.mark_all_of(work.connection, wanted.code)
    record(
        work,
        actor=by,
        action="warehouse.added" if before is None else "warehouse.changed",
        subject=("warehouse", wanted.code),
        before=None if before is None else asdict(before),
        after=asdict(wanted),
    )


async def serve_marked(work: Work) -> bool:
    """Serve some of the orders for which stock came in; return whether there may be more to do."""
    if not await backorders.marked(work.connection):
        return False
    await gate.enter(work.connection)
    skus = await backorders.marked(work.connection)
    origin = called_by(CHORE, work, Cause(correlation_id=new_id()))
    allocated, complete = await serve_waiting(work, skus, origin)
    if complete:
        await backorders.unmark(work.connection, skus)
    return allocated > 0 and not complete


async def serve_backorders(runtime: Runtime) -> None:
    """Serve, every second and until cancelled, what no request had time for."""
    while True:
        try:
            more = True
            while more:
                async with runtime.works.begin() as work:
                    more = await serve_marked(work)
                runtime.relay.offer(work.announced)
        except Exception as error:  # must not end the worker; it is tried again
            log.warning("backorders.failed", exc_info=error)
        await asyncio.sleep(CHORE_SECONDS)
