"""Saving and announcing what happened to orders, for all of a batch at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from common.contracts.event import Cause, Event, Message
from common.contracts.fulfillment import OrderAllocated, OrderBackordered, OrderCancelled
from common.database.work import Work
from common.ids import new_id
from common.life_cycle import State
from fulfillment.domain.codes import task_code
from fulfillment.domain.order import GIVING_BACK, Because, Order, Step, frees_stock
from fulfillment.store import backorders, history, orders, tasks
from fulfillment.store.orders import Saved
from fulfillment.store.tasks import Task

_TASK_STATES = frozenset(
    {State.PICKING, State.PACKED, State.HANDED_OVER, State.CANCELLED, State.HELD}
)


class Origin(NamedTuple):
    """What makes an order change: who, when, and the flow it belongs to."""

    because: Because
    cause: Message[Any] | Cause


class Holding(NamedTuple):
    """What is reserved for an order, and where."""

    warehouse: str | None
    wanted: Mapping[str, int]
    """SKU -> quantity."""

    @classmethod
    def by(cls, order: Order) -> Self:
        return cls(order.warehouse, order.terms.wanted if order.terms else {})


@dataclass(frozen=True, slots=True)
class Change:
    order: Order
    origin: Origin
    particulars: str | None = None
    """What the label needs, where this change brings it."""
    destination: str | None = None
    """The receiver and address that count instead, where this change brings them."""
    lines: str | None = None
    """The lines that are left, where this change brings them."""
    gives_back: Holding | None = None
    """What its steps give back, where that is not what the order asks for now."""


def origin_of(message: Message[Any], work: Work) -> Origin:
    return Origin(Because(str(message.event_id), work.now), message)


def called_by(principal: str, work: Work, cause: Cause) -> Origin:
    return Origin(Because(principal, work.now), cause)


async def save(work: Work, changes: Sequence[Change]) -> None:
    """Store orders, history, tasks and waiting lists, and announce each step others care for."""
    stepped = [change.order for change in changes if change.order.steps]
    new_tasks = {order.order_id: task for order in stepped for task in _new_task(order)}
    await orders.save(
        work.connection, [Saved(c.order, c.particulars, c.destination, c.lines) for c in changes]
    )
    await history.add(work.connection, stepped)
    await tasks.end(work.connection, [o for o in stepped if _starts_anew(o)])
    await tasks.add(work.connection, list(new_tasks.values()), work.now)
    await tasks.follow(work.connection, [o for o in stepped if _moves_task(o)])
    await _keep_waiting_list(work, stepped)
    for change in changes:
        for step in change.order.steps:
            event = _announcement(change.order, step, new_tasks.get(change.order.order_id))
            if event is not None:
                work.publish(event, because=change.origin.cause)


def _new_task(order: Order) -> Iterator[Task]:
    if any(step.target is State.ALLOCATED for step in order.steps) and order.warehouse:
        task_id = new_id()
        yield Task(task_id, task_code(task_id), order.order_id, order.warehouse)


def _starts_anew(order: Order) -> bool:
    """Tell whether it gave its goods back and goes on: what follows is another task."""
    return order.state not in GIVING_BACK and any(map(frees_stock, order.steps))


def _moves_task(order: Order) -> bool:
    return order.warehouse is not None and order.state in _TASK_STATES


async def _keep_waiting_list(work: Work, stepped: Sequence[Order]) -> None:
    ends = [
        o.order_id for o in stepped if any(step.source is State.BACKORDERED for step in o.steps)
    ]
    await backorders.remove(work.connection, ends)
    await backorders.add(work.connection, [o for o in stepped if o.state is State.BACKORDERED])


def _announcement(order: Order, step: Step, task: Task | None) -> Event | None:
    order_id, version = order.order_id, step.version
    match step.target:
        case State.ALLOCATED if task is not None:
            return OrderAllocated(
                order_id=order_id, version=version, warehouse=task.warehouse, task_id=task.task_id
            )
        case State.BACKORDERED:
            return OrderBackordered(order_id=order_id, version=version)
        case State.CANCELLED:
            return OrderCancelled(order_id=order_id, version=version, reason=step.reason or "")
        case _:
            return None
