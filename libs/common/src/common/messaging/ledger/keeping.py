"""Keeps a publisher's ledger: runs in each of its workers, with a connection of its own."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from pamqp.commands import Basic
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database import ledger
from common.database.engine import answers
from common.database.schema import Carried
from common.errors import Unavailable
from common.messaging.connection import SET_UP_SECONDS_MAX, connected
from common.messaging.ledger.asking import Asking
from common.messaging.ledger.hearing import Hearing
from common.messaging.ledger.measures import LedgerMeasures
from common.messaging.pack import read
from common.messaging.rebuilding import rebuild_for_ever
from common.messaging.topology import Queue, control_queue, declare_queues

PREFETCH_MESSAGES = 20
LOOK_SECONDS = 5.0
ANSWER_SECONDS_MAX = 10.0


@dataclass(frozen=True)
class Ledger:
    service: str
    instance: str
    """Each reader is asked by one instance at a time."""
    engine: AsyncEngine
    tables: Carried
    amqp_url: str
    readers: Mapping[str, Collection[str]]
    """The types of event that each reader takes."""
    registry: CollectorRegistry

    async def run(self) -> None:
        """Ask and hear until cancelled."""
        if not self.readers:
            return
        measures = LedgerMeasures(self.service, self.registry)
        hearing = Hearing(self.engine, self.tables, self.readers, measures)
        asking = Asking(
            self.service, self.instance, self.engine, self.tables, self.readers, measures
        )
        await rebuild_for_ever(lambda: self._session(asking, hearing), what="ledger")

    async def _session(self, asking: Asking, hearing: Hearing) -> None:
        if not await answers(self.engine):
            raise Unavailable("The database is away.")
        async with self.engine.begin() as connection:
            await ledger.enter(connection, self.tables, self.readers)
        ear = _Ear(hearing)
        async with connected(self.amqp_url) as connection:
            async with asyncio.timeout(SET_UP_SECONDS_MAX):
                incoming = await connection.channel(publisher_confirms=False)
                outgoing = await connection.channel(publisher_confirms=True)
                control = control_queue(self.service)
                await declare_queues(incoming, (control,))
                await incoming.basic_qos(prefetch_count=PREFETCH_MESSAGES)
                await incoming.basic_consume(control.name, ear.arrived.put)
                measuring = await connection.channel(publisher_confirms=False)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_until_lost(connection, incoming, outgoing))
                tasks.create_task(ear.until_deaf(measuring, control))
                tasks.create_task(ear.hear(incoming))
                tasks.create_task(asking.ask_for_ever(outgoing))


@dataclass
class _Ear:
    """What was delivered, and how much of it was heard."""

    hearing: Hearing
    arrived: "asyncio.Queue[DeliveredMessage]" = field(default_factory=asyncio.Queue)
    heard: int = 0

    async def hear(self, channel: AbstractChannel) -> None:
        while True:
            pack = read(await self.arrived.get())
            await self.hearing.hear(pack)
            await channel.basic_ack(pack.delivery_tag, wait=False)
            self.heard += 1

    async def until_deaf(self, channel: AbstractChannel, control: Queue) -> None:
        """Raise when messages wait and none comes, or the queue is gone.

        A broker does not always say so when a queue is deleted and made anew within a moment: it
        goes on to show a consumer that gets nothing.
        """
        heard, waited = -1, False
        while not (waited and heard == self.heard):
            heard = self.heard
            await asyncio.sleep(LOOK_SECONDS)
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                answer = await channel.queue_declare(control.name, passive=True)
            waited = bool(answer.message_count)
        raise ConnectionError("Messages wait on the control queue, and none comes.")


async def _until_lost(
    connection: AbstractConnection, incoming: AbstractChannel, outgoing: AbstractChannel
) -> None:
    """Raise when the connection, a channel or the consumer is gone."""
    cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_cancel(_: Basic.Cancel) -> None:
        if not cancelled.done():
            cancelled.set_result(None)

    incoming.on_consumer_cancel_callbacks.add(on_cancel)
    gone = [connection.closing, incoming.closing, outgoing.closing, cancelled]
    await asyncio.wait(gone, return_when=asyncio.FIRST_COMPLETED)
    raise ConnectionError("The broker closed the connection, a channel or the consumer.")
