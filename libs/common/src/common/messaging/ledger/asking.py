"""Asks the readers whose turn it is, and measures how their accounts stand."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from aiormq.abc import AbstractChannel
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import monotonic_seconds, utc_now
from common.database import ledger, ledger_answers
from common.database.ledger import Turn
from common.database.schema import Carried
from common.messaging.connection import publish
from common.messaging.ledger import messages, rounds
from common.messaging.ledger.measures import LedgerMeasures
from common.messaging.ledger.messages import Inquiry
from common.messaging.pack import Outgoing
from common.messaging.topology import ServiceQueues

TICK_SECONDS = 1.0
IDLE_SECONDS = 3.0
MEASURE_SECONDS = 10.0

log = structlog.get_logger()


@dataclass
class Asking:
    service: str
    instance: str
    engine: AsyncEngine
    tables: Carried
    readers: Mapping[str, Collection[str]]
    measures: LedgerMeasures
    _marked: dict[str, float] = field(default_factory=dict)
    _measured: float = float("-inf")

    async def ask_for_ever(self, channel: AbstractChannel) -> None:
        """Ask whenever it is time, until cancelled."""
        while True:
            asked = await self.ask(channel)
            if monotonic_seconds() - self._measured >= MEASURE_SECONDS:
                self._measured = monotonic_seconds()
                await self._measure(asked)
            await asyncio.sleep(TICK_SECONDS if asked else IDLE_SECONDS)

    async def ask(self, channel: AbstractChannel) -> list[str]:
        """Ask what is to be asked now; return the readers whose turn it is."""
        async with self.engine.begin() as connection:
            names = list(self.readers)
            turns = await ledger.take_turns(connection, self.tables, names, self.instance)
        for turn in turns:
            await self._send(turn.reader, await self._inquiries(turn), channel)
            await self._mark(turn, channel)
        return [turn.reader for turn in turns]

    async def _inquiries(self, turn: Turn) -> list[UUID]:
        """Return inquiries to send; committed, before anybody reads what they are about."""
        tables, types = self.tables, self.readers[turn.reader]
        age = rounds.age_to_ask_about(turn)
        asks_about_open = rounds.asks_about_open(turn)
        if age is None and not (turn.overdue or asks_about_open):
            return []
        inquiries: list[UUID] = []
        async with self.engine.begin() as connection:
            if turn.overdue:
                inquiries += await ledger.send_again(connection, tables, turn.reader)
            if asks_about_open:
                inquiries += await ledger.ask_about_open(connection, tables, turn.reader, types)
            if age is not None:
                inquiries += await ledger.begin_round(connection, tables, turn, types, age=age)
        return inquiries

    async def _send(
        self, reader: str, inquiries: Collection[UUID], channel: AbstractChannel
    ) -> None:
        types = self.readers[reader]
        for inquiry_id in inquiries:
            async with self.engine.connect() as connection:
                asked = await ledger.asked_about(connection, self.tables, inquiry_id, types)
            if asked is None:
                continue
            inquiry = Inquiry(
                publisher=self.service,
                sent_at=asked[0],
                inquiry_id=inquiry_id,
                event_ids=asked[1],
            )
            if not await _deliver(channel, reader, messages.outgoing(inquiry)):
                async with self.engine.begin() as connection:
                    await ledger.could_not_send(connection, self.tables, [inquiry_id])

    async def _mark(self, turn: Turn, channel: AbstractChannel) -> None:
        pause = rounds.pause_between_marks(turn)
        now = monotonic_seconds()
        last = self._marked.get(turn.reader, float("-inf"))
        if pause is not None and now - last >= pause.total_seconds():
            self._marked[turn.reader] = now
            mark = Inquiry(publisher=self.service, sent_at=turn.now)
            await _deliver(channel, turn.reader, messages.outgoing(mark))

    async def _measure(self, readers: Collection[str]) -> None:
        async with self.engine.begin() as connection:
            accounts = await ledger_answers.figures(connection, self.tables, readers)
            given_up = await ledger_answers.forget_old(connection, self.tables)
        self.measures.show(accounts, utc_now())
        for account in accounts:
            if account.lost:
                log.error("ledger.lost", reader=account.reader, events=account.lost)
        if given_up:
            log.error("ledger.given_up", events=given_up)


async def _deliver(channel: AbstractChannel, reader: str, message: Outgoing) -> bool:
    """Put the message where it is read after all events published before it."""
    queue = ServiceQueues(reader).main.name
    return all(await publish(channel, [message], exchange="", routing_key=queue))
