"""Enters into the account what readers say on the control queue."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database import faults, ledger_answers
from common.database.schema import Carried
from common.messaging.ledger import messages
from common.messaging.ledger.measures import LedgerMeasures
from common.messaging.ledger.messages import Answer, QueueLost
from common.messaging.pack import Pack

COLLISIONS_MAX = 3

log = structlog.get_logger()


@dataclass(frozen=True)
class Hearing:
    engine: AsyncEngine
    tables: Carried
    readers: Collection[str]
    measures: LedgerMeasures

    async def hear(self, pack: Pack) -> None:
        """Do what the message asks for; what is not for us, or cannot be read, is passed over."""
        try:
            message = messages.read(pack.type, pack.body)
        except ValidationError:
            message = None
        if message is None or message.reader not in self.readers:
            log.warning("ledger.not_understood", type=pack.type)
            return
        for tries_left in reversed(range(COLLISIONS_MAX)):
            try:
                await self._enter(message)
            except Exception as error:
                if not (tries_left and faults.is_collision(error)):
                    raise
            else:
                return

    async def _enter(self, message: Answer | QueueLost) -> None:
        match message:
            case QueueLost(reader=reader):
                log.warning("ledger.queue_lost", reader=reader)
                async with self.engine.begin() as connection:
                    await ledger_answers.hear_of_loss(connection, self.tables, reader)
            case Answer(reader=reader):
                said = ledger_answers.Answer(
                    reader, message.sent_at, message.inquiry_id, message.missing, message.aside
                )
                async with self.engine.begin() as connection:
                    emitted = await ledger_answers.settle(connection, self.tables, said)
                self.measures.emitted_again(reader, emitted)
                if message.missing:
                    missing = len(message.missing)
                    log.warning("ledger.missing", reader=reader, missing=missing, emitted=emitted)
