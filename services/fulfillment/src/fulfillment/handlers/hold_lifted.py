"""HoldLifted -> OrderAllocated | OrderBackordered, where a paid order waited only for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.ingest import HoldLifted
from common.database.work import Work
from fulfillment.domain.channel_wishes import let_go
from fulfillment.store import gate, orders
from fulfillment.use_cases.changes import Change, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class LetOrdersGo:
    async def __call__(self, messages: Sequence[Message[HoldLifted]], work: Work) -> None:
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            after = let_go(before, event.hold_no, origin.because)
            if after is not before:
                now[event.order_id] = after
                changes[event.order_id] = Change(after, origin)
        await settle(work, list(changes.values()))
