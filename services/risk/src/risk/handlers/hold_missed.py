"""HoldMissed -> a note that an order was flagged too late, which reviewers and figures see."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.contracts.event import Message
from common.contracts.fulfillment import HoldMissed
from common.database.work import Work
from risk.store import missed_holds


@dataclass(frozen=True, slots=True)
class NoteMissedHolds:
    async def __call__(self, messages: Sequence[Message[HoldMissed]], work: Work) -> None:
        """Keep each once."""
        missed = [
            missed_holds.Missed(m.data.order_id, m.data.decision_no, m.data.state) for m in messages
        ]
        await missed_holds.add(work.connection, missed, work.now)
