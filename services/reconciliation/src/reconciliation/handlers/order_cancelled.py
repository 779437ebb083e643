"""OrderCancelled: nothing is owed any more, and money received is due back."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.fulfillment import OrderCancelled
from common.database.work import Work
from common.life_cycle import State
from reconciliation.domain.steps import Step, last_steps
from reconciliation.store import fulfilments


@dataclass(frozen=True, slots=True)
class RecordCancellations:
    async def __call__(self, messages: Sequence[Message[OrderCancelled]], work: Work) -> None:
        steps = (
            Step(m.data.order_id, m.data.version, State.CANCELLED, None, m.occurred_at)
            for m in messages
        )
        await fulfilments.record(work.connection, last_steps(steps))
