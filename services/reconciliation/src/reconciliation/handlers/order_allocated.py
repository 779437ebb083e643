"""OrderAllocated: stock is reserved, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.fulfillment import OrderAllocated
from common.database.work import Work
from common.life_cycle import State
from reconciliation.domain.steps import Step, last_steps
from reconciliation.store import fulfilments


@dataclass(frozen=True, slots=True)
class RecordAllocations:
    async def __call__(self, messages: Sequence[Message[OrderAllocated]], work: Work) -> None:
        steps = (
            Step(m.data.order_id, m.data.version, State.ALLOCATED, m.data.warehouse, m.occurred_at)
            for m in messages
        )
        await fulfilments.record(work.connection, last_steps(steps))
