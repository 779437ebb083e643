"""HoldLifted -> the channel keeps the order back no longer; what risk holds stays held."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.ingest import HoldLifted
from common.database.work import Work
from risk.store import channel_holds
from risk.store.channel_holds import Said


@dataclass(frozen=True, slots=True)
class NoteLiftedHolds:
    async def __call__(self, messages: Sequence[Message[HoldLifted]], work: Work) -> None:
        said = [Said(m.data.order_id, m.data.hold_no, None) for m in messages]
        await channel_holds.note(work.connection, said)
