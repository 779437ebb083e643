"""OrderHandedOver: the parcel left the warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.fulfillment import OrderHandedOver
from common.database.work import Work
from common.life_cycle import State
from reconciliation.domain.steps import Step, last_steps
from reconciliation.store import fulfilments


@dataclass(frozen=True, slots=True)
class RecordHandovers:
    async def __call__(self, messages: Sequence[Message[OrderHandedOver]], work: Work) -> None:
        steps = (
            Step(
                m.data.order_id,
                m.data.version,
                State.HANDED_OVER,
                m.data.warehouse,
                m.data.handed_over_at,
            )
            for m in messages
        )
        await fulfilments.record(work.connection, last_steps(steps))
