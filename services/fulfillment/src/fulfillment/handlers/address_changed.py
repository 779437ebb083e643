"""AddressChanged -> ChangeMissed where the order has left; else its task has the new address."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.fulfillment import ChangeMissed
from common.contracts.ingest import AddressChanged
from common.database.work import Work
from fulfillment.domain.channel_wishes import readdress
from fulfillment.domain.order import LEFT
from fulfillment.domain.terms import Place
from fulfillment.store import gate, orders
from fulfillment.store.orders import destination_of, receiver_of
from fulfillment.use_cases.changes import Change, origin_of, save


@dataclass(frozen=True, slots=True)
class SendElsewhere:
    async def __call__(self, messages: Sequence[Message[AddressChanged]], work: Work) -> None:
        """Note the address, also of an order not approved yet; the warehouse stays that it has."""
        await gate.enter(work.connection)
        now = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        changes: dict[UUID, Change] = {}
        for message in messages:
            event, origin = message.data, origin_of(message, work)
            before = now[event.order_id]
            place = Place(event.address.country, event.address.province)
            after = readdress(before, event.address_no, place)
            if after is before:
                continue
            now[event.order_id] = after
            left = before.state in LEFT
            written = None if left else _written(event)
            changes[event.order_id] = Change(after, origin, destination=written)
            if left:
                work.publish(_missed(event, before.state), because=message)
        await save(work, list(changes.values()))


def _written(event: AddressChanged) -> str:
    return destination_of(receiver_of(event.customer), dict(event.address))


def _missed(event: AddressChanged, state: str) -> ChangeMissed:
    return ChangeMissed(
        order_id=event.order_id, change="address", change_no=event.address_no, state=state
    )
