"""HoldRequested -> a note that the channel keeps the order back, which reviewers see."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.ingest import HoldRequested
from common.database.work import Work
from risk.store import channel_holds
from risk.store.channel_holds import Said


@dataclass(frozen=True, slots=True)
class NoteHolds:
    async def __call__(self, messages: Sequence[Message[HoldRequested]], work: Work) -> None:
        said = [Said(m.data.order_id, m.data.hold_no, m.data.reason) for m in messages]
        await channel_holds.note(work.connection, said)
