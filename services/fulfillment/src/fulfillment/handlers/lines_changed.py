"""LinesChanged -> OrderAllocated | OrderBackordered with fewer lines, or LinesMissed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Message
from common.contracts.fulfillment import LinesMissed
from common.contracts.ingest import LinesChanged
from common.database.work import Work
from common.errors import Permanent
from fulfillment.domain.channel_wishes import misses, take_off
from fulfillment.domain.terms import Piece
from fulfillment.store import gate, orders
from fulfillment.store.orders import lines_of
from fulfillment.use_cases.changes import Change, Holding, origin_of
from fulfillment.use_cases.settling import settle


@dataclass(frozen=True, slots=True)
class TakeLinesOff:
    async def __call__(self, messages: Sequence[Message[LinesChanged]], work: Work) -> None:
        """Ship what is left of an order; where that cannot be, say so for a person to see."""
        await gate.enter(work.connection)
        before = await orders.lock_or_begin(work.connection, {m.data.order_id for m in messages})
        now = dict(before)
        last: dict[UUID, Message[LinesChanged]] = {}
        taken: dict[UUID, str] = {}
        for message in messages:
            event, pieces, origin = message.data, pieces_of(message.data), origin_of(message, work)
            known = now[event.order_id]
            after = take_off(known, event.lines_no, pieces, origin.because)
            if after is known:
                continue
            now[event.order_id], last[event.order_id] = after, message
            if (after.terms, after.edited) != (known.terms, known.edited):
                taken[event.order_id] = lines_of(pieces)
        changes = [
            Change(
                now[i],
                origin_of(message, work),
                lines=taken.get(i),
                gives_back=Holding.by(before[i]) if i in taken else None,
            )
            for i, message in last.items()
        ]
        await settle(work, changes)
        for order_id, message in last.items():
            if misses(now[order_id], pieces_of(message.data)):
                work.publish(_missed(message.data, before[order_id].state), because=message)


def pieces_of(event: LinesChanged) -> tuple[Piece, ...]:
    if any(line.quantity < 1 for line in event.lines):
        raise Permanent("A line has no positive quantity.")
    return tuple(Piece(line.sku, line.title, line.quantity) for line in event.lines)


def _missed(event: LinesChanged, state: str) -> LinesMissed:
    return LinesMissed(order_id=event.order_id, lines_no=event.lines_no, state=state)
