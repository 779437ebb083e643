"""OrderRejected -> OrderCancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.risk import OrderRejected
from common.database.work import Work
from fulfillment.domain.order import reject
from fulfillment.store import gate, orders
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class EndOrders:
    async def __call__(self, messages: Sequence[Message[OrderRejected]], work: Work) -> None:
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            after = reject(before, event.decision_no, origin.because)
            if after is not before:
                now[event.order_id] = after
                changes[event.order_id] = Change(after, origin)
        await settle(work, list(changes.values()))
