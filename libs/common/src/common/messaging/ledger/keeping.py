"""Keeps a publisher's ledger: runs in each of its workers, with a connection of its own."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

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
from common.messaging.topology import control_queue, declare_queues

PREFETCH_MESSAGES = 20


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
        arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
        async with connected(self.amqp_url) as connection:
            async with asyncio.timeout(SET_UP_SECONDS_MAX):
                incoming = await connection.channel(publisher_confirms=False)
                outgoing = await connection.channel(publisher_confirms=True)
                control = control_queue(self.service)
                await declare_queues(incoming, (control,))
                await incoming.basic_qos(prefetch_count=PREFETCH_MESSAGES)
                await incoming.basic_consume(control.name, arrived.put)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_until_lost(connection, incoming, outgoing))
                tasks.create_task(_hear(hearing, arrived, incoming))
                tasks.create_task(asking.ask_for_ever(outgoing))


async def _hear(
    hearing: Hearing, arrived: "asyncio.Queue[DeliveredMessage]", channel: AbstractChannel
) -> None:
    while True:
        pack = read(await arrived.get())
        await hearing.hear(pack)
        await channel.basic_ack(pack.delivery_tag, wait=False)


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
