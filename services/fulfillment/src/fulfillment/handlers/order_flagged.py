"""OrderFlagged -> HoldMissed where the order has left; else it waits for a person at risk again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.fulfillment import HoldMissed
from common.contracts.risk import OrderFlagged
from common.database.work import Work
from fulfillment.domain.order import LEFT, flag
from fulfillment.store import gate, orders
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class StopOrders:
    async def __call__(self, messages: Sequence[Message[OrderFlagged]], work: Work) -> None:
        """Hold what is still here and give back what was reserved; an approval starts it anew."""
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            after = flag(before, event.decision_no, origin.because, reasons=event.reasons)
            if after is before:
                continue
            now[event.order_id] = after
            changes[event.order_id] = Change(after, origin)
            if before.state in LEFT:
                missed = HoldMissed(
                    order_id=event.order_id, decision_no=event.decision_no, state=before.state
                )
                work.publish(missed, because=message)
        await settle(work, list(changes.values()))
