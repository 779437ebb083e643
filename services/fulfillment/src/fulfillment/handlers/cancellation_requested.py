"""CancellationRequested -> OrderCancelled, unless the parcel has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.ingest import CancellationRequested
from common.database.work import Work
from fulfillment.store import gate, orders
from fulfillment.use_cases.cancelling import Wish, cancel
from fulfillment.use_cases.changes import origin_of


@dataclass(frozen=True, slots=True)
class CancelOrders:
    async def __call__(
        self, messages: Sequence[Message[CancellationRequested]], work: Work
    ) -> None:
        """Cancel; an order not heard of yet is cancelled too, so that its approval finds it so."""
        wishes: dict[UUID, Wish] = {}
        for message in messages:
            wish = Wish(message.data.reason, origin_of(message, work))
            wishes.setdefault(message.data.order_id, wish)
        await gate.enter(work.connection)
        locked = await orders.lock_or_begin(work.connection, wishes)
        await cancel(work, locked, wishes)
