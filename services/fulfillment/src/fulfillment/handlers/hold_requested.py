"""HoldRequested -> ChangeMissed where the order has left; else it waits for the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.fulfillment import ChangeMissed
from common.contracts.ingest import HoldRequested
from common.database.work import Work
from fulfillment.domain.channel_wishes import keep_back
from fulfillment.domain.order import LEFT
from fulfillment.store import gate, orders
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class KeepOrdersBack:
    async def __call__(self, messages: Sequence[Message[HoldRequested]], work: Work) -> None:
        """Hold what is still here and give back what was reserved; of others keep the wish."""
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            after = keep_back(before, event.hold_no, origin.because, reason=event.reason)
            if after is before:
                continue
            now[event.order_id] = after
            changes[event.order_id] = Change(after, origin)
            if before.state in LEFT:
                missed = ChangeMissed(
                    order_id=event.order_id,
                    change="hold",
                    change_no=event.hold_no,
                    state=before.state,
                )
                work.publish(missed, because=message)
        await settle(work, list(changes.values()))
