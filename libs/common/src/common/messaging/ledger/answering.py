"""A reader's part: answers inquiries that stand in its queue, and says when it lost a queue."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database import whereabouts
from common.database.schema import Carried
from common.database.whereabouts import Whereabouts
from common.messaging.connection import publish
from common.messaging.ledger.messages import INQUIRY, Answer, Inquiry, QueueLost, outgoing
from common.messaging.pack import Pack
from common.messaging.rebuilding import outlast
from common.messaging.topology import Queue, ServiceQueues, control_queue, declare_queues

log = structlog.get_logger()


def apart(packs: Sequence[Pack]) -> tuple[list[Pack], list[Pack]]:
    """Return the inquiries, and the packs of events."""
    inquiries = [pack for pack in packs if pack.type == INQUIRY]
    return inquiries, [pack for pack in packs if pack.type != INQUIRY] if inquiries else list(packs)


@dataclass(frozen=True)
class Respondent:
    queues: ServiceQueues
    engine: AsyncEngine
    tables: Carried
    publishers: Collection[str]
    """Whom to tell when a queue is lost."""
    stopping: asyncio.Event

    async def answer(self, inquiries: Sequence[Pack], channel: AbstractChannel) -> None:
        """Answer what came with a batch; to be called once the batch is settled.

        An answer that nobody takes is not insisted on: whoever needs it asks again.
        """
        for pack in inquiries:
            await self._answer(pack, channel)

    async def _answer(self, pack: Pack, channel: AbstractChannel) -> None:
        try:
            asked = Inquiry.model_validate_json(pack.body)
        except ValidationError:
            log.warning("ledger.not_understood", type=pack.type)
            return
        found = await outlast(lambda: self._find(asked), self.stopping)
        answer = Answer(
            reader=self.queues.service,
            sent_at=asked.sent_at,
            inquiry_id=asked.inquiry_id,
            missing=tuple(found.missing),
            aside=tuple(found.aside),
        )
        await self._tell(channel, asked.publisher, answer)

    async def _find(self, asked: Inquiry) -> Whereabouts:
        if not asked.event_ids:
            return Whereabouts((), ())
        async with self.engine.connect() as connection:
            return await whereabouts.find(connection, self.tables, asked.event_ids)

    async def _tell(self, channel: AbstractChannel, publisher: str, answer: Answer) -> None:
        queue = control_queue(publisher).name
        if not all(await publish(channel, [outgoing(answer)], exchange="", routing_key=queue)):
            log.warning("ledger.answer_not_taken", publisher=publisher)

    async def note_lost(self, connection: AbstractConnection) -> list[Queue]:
        """Find queues that are gone, and forget what was sent there, before they are made anew."""
        lost = [queue for queue in self.queues.all() if not await _exists(connection, queue)]
        if lost:
            async with self.engine.begin() as transaction:
                for queue in lost:
                    await whereabouts.forget_queue(transaction, self.tables, queue.name)
        return lost

    async def tell_lost(self, channel: AbstractChannel, lost: Sequence[Queue]) -> None:
        """Tell the publishers, once the queues are there again; they ask about all that is open."""
        if not lost:
            return
        log.warning("queues.made", queues=[queue.name for queue in lost])
        controls = [control_queue(publisher) for publisher in self.publishers]
        await declare_queues(channel, controls)
        message = outgoing(QueueLost(reader=self.queues.service))
        for control in controls:
            await publish(channel, [message], exchange="", routing_key=control.name)


async def _exists(connection: AbstractConnection, queue: Queue) -> bool:
    channel = await connection.channel(publisher_confirms=False)  # an error closes it
    try:
        await channel.queue_declare(queue.name, passive=True)
    except ChannelNotFoundEntity:
        return False
    await channel.close()
    return True
