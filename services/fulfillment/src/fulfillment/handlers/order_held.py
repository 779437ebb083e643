"""OrderHeld: the order waits for a person at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.risk import OrderHeld
from common.database.work import Work
from fulfillment.domain.order import hold
from fulfillment.store import gate, orders
from fulfillment.use_cases.changes import Change, origin_of, save


@dataclass(frozen=True, slots=True)
class HoldOrders:
    async def __call__(self, messages: Sequence[Message[OrderHeld]], work: Work) -> None:
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            reason = ", ".join(event.reasons) or None
            after = hold(before, event.decision_no, origin.because, reason=reason)
            if after is not before:
                now[event.order_id] = after
                changes[event.order_id] = Change(after, origin)
        await save(work, list(changes.values()))
