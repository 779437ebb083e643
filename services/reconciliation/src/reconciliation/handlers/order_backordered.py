"""OrderBackordered: the order waits for stock."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.fulfillment import OrderBackordered
from common.database.work import Work
from common.life_cycle import State
from reconciliation.domain.steps import Step, last_steps
from reconciliation.store import fulfilments


@dataclass(frozen=True, slots=True)
class RecordBackorders:
    async def __call__(self, messages: Sequence[Message[OrderBackordered]], work: Work) -> None:
        steps = (
            Step(m.data.order_id, m.data.version, State.BACKORDERED, None, m.occurred_at)
            for m in messages
        )
        await fulfilments.record(work.connection, last_steps(steps))
