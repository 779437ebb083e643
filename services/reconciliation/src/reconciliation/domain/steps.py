"""Which of several steps of one order is the last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Step:
    """Fulfilment took an order to this state; a higher version is later."""

    order_id: UUID
    version: int
    state: str
    warehouse: str | None
    at: datetime


def last_steps(steps: Iterable[Step]) -> list[Step]:
    """Return the last step of each order, in the order of their ids."""
    last: dict[UUID, Step] = {}
    for step in steps:
        known = last.get(step.order_id)
        if known is None or _place(step) > _place(known):
            last[step.order_id] = step
    return [last[order_id] for order_id in sorted(last)]


def _place(step: Step) -> tuple[int, str, datetime]:
    return (step.version, step.state, step.at)
