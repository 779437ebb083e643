"""Giving orders the stock they wait for, and taking back what they no longer need."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from common.database.work import Work
from common.life_cycle import State
from fulfillment.domain.allocation import Request, allocate_in_turn
from fulfillment.domain.order import Order, frees_stock, serve
from fulfillment.domain.terms import Terms
from fulfillment.store import backorders, stock
from fulfillment.store.stock import Movement
from fulfillment.use_cases.changes import Change, Holding, Origin, save

SERVED_AT_ONCE_MAX = 50
"""How many waiting orders one transaction serves; the rest is the chore's."""


async def settle(work: Work, changes: Sequence[Change]) -> None:
    """Save and announce the changes, after moving the stock they need moved.

    Call it inside the gate, when any of the changes may move stock.
    """
    freeing = [change for change in changes if any(map(frees_stock, change.order.steps))]
    leaving = [change.order for change in changes if _just_left(change.order)]
    asking = [change for change in changes if change.order.state is State.AWAITING_ALLOCATION]
    if not (freeing or leaving or asking):
        await save(work, changes)
        return
    back = [change.gives_back or Holding.by(change.order) for change in freeing]
    freed = _movements(back, Movement(reserved=-1))
    gone = _movements(list(map(Holding.by, leaving)), Movement(on_hand=-1, reserved=-1))
    await stock.move(work.connection, _sum(freed, gone))
    skus = {sku for _, sku in freed}
    waiting = await _waiting(work, skus, freeing, {change.order.order_id for change in changes})
    served = await _serve(work, [*asking, *waiting])
    asked = {change.order.order_id for change in asking}
    others = [change for change in changes if change.order.order_id not in asked]
    await save(work, [*others, *served])
    await backorders.mark(work.connection, skus)


async def serve_waiting(work: Work, skus: Collection[str], origin: Origin) -> tuple[int, bool]:
    """Allocate the oldest orders that wait for these SKUs; call it inside the gate.

    Returns how many were allocated, and whether all that could be served were looked at.
    """
    ids = await backorders.oldest_servable(work.connection, skus, limit=SERVED_AT_ONCE_MAX)
    waiting = await backorders.lock_free(work.connection, ids)
    served = await _serve(work, [Change(order, origin) for order in waiting])
    served = [change for change in served if change.order.steps]
    await save(work, served)
    return len(served), len(waiting) == len(ids) < SERVED_AT_ONCE_MAX


async def _waiting(
    work: Work, skus: Collection[str], freeing: Sequence[Change], busy: Collection[object]
) -> list[Change]:
    """Return orders that may get what was freed; `busy` ones are changing in this transaction."""
    if not skus:
        return []
    ids = await backorders.oldest_servable(work.connection, skus, limit=SERVED_AT_ONCE_MAX)
    free = await backorders.lock_free(work.connection, [i for i in ids if i not in busy])
    return [Change(order, freeing[-1].origin) for order in free]


async def _serve(work: Work, changes: Sequence[Change]) -> list[Change]:
    """Reserve stock for orders that wait for it, the oldest first."""
    asking = sorted(
        ((_terms(change.order), change) for change in changes),
        key=lambda pair: (pair[0].placed_at, pair[1].order.order_id),
    )
    if not asking:
        return []
    skus = {sku for terms, _ in asking for sku in terms.wanted}
    shelves = await stock.lock(work.connection, skus)
    chosen, taken = allocate_in_turn([_request(t, c.order) for t, c in asking], shelves)
    reserved = {key: Movement(reserved=quantity) for key, quantity in taken.items()}
    await stock.move(work.connection, reserved)
    return [
        replace(c, order=serve(c.order, chosen[c.order.order_id], c.origin.because))
        for _, c in asking
    ]


def _request(terms: Terms, order: Order) -> Request:
    country, region = order.destination or (terms.country, terms.region)
    return Request(order_id=order.order_id, country=country, region=region, wanted=terms.wanted)


def _terms(order: Order) -> Terms:
    assert order.terms is not None  # noqa: S101 - only an approval, which has them, leads here
    return order.terms


def _just_left(order: Order) -> bool:
    return any(step.target is State.HANDED_OVER for step in order.steps)


def _movements(moving: Sequence[Holding], each: Movement) -> dict[tuple[str, str], Movement]:
    total: dict[tuple[str, str], Movement] = {}
    for warehouse, wanted in moving:
        for sku, quantity in wanted.items():
            key = (warehouse or "", sku)
            change = Movement(each.on_hand * quantity, each.reserved * quantity)
            total[key] = _plus(total.get(key, Movement()), change)
    return total


def _sum(
    one: dict[tuple[str, str], Movement], other: dict[tuple[str, str], Movement]
) -> dict[tuple[str, str], Movement]:
    return {
        key: _plus(one.get(key, Movement()), other.get(key, Movement()))
        for key in one.keys() | other.keys()
    }


def _plus(a: Movement, b: Movement) -> Movement:
    return Movement(a.on_hand + b.on_hand, a.reserved + b.reserved)
