"""One publisher and one reader in one database, with a queue between them that a test can harm."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database import ledger, ledger_answers, whereabouts
from common.database.ledger_answers import Answer
from common.database.rows import insert_into_both, insert_new_rows
from common.database.schema import Carried
from common.ids import first_id_at, new_id
from common.messaging.ledger import rounds

TYPE = "toy.noted.v1"
READER = "toy"


def id_made(ago: timedelta, now: datetime) -> UUID:
    """Return an id that was made so long ago; no two are alike."""
    time = first_id_at(now - ago).int >> 80 << 80
    return UUID(int=time | (new_id().int & (2**80 - 1)))


@dataclass
class Account:
    """The publisher's side, step by step, without a broker."""

    engine: AsyncEngine
    tables: Carried
    types: Collection[str] = (TYPE,)
    sent: list[tuple[UUID, datetime, list[UUID]]] = field(default_factory=list)

    async def now(self) -> datetime:
        async with self.engine.connect() as connection:
            return (await connection.execute(select(func.now()))).scalar_one()

    async def enter(self) -> None:
        async with self.engine.begin() as connection:
            await ledger.enter(connection, self.tables, [READER])

    async def announce(
        self, event_ids: Sequence[UUID], *, kind: str = TYPE, published: bool = True
    ) -> None:
        """Announce events; published ones have left the outbox again."""
        columns = {
            "event_id": list(event_ids),
            "type": [kind] * len(event_ids),
            "order_id": [new_id() for _ in event_ids],
            "body": ["{}"] * len(event_ids),
        }
        log, outbox = self.tables.event_log, self.tables.outbox
        async with self.engine.begin() as connection:
            await insert_into_both(connection, log, columns, outbox, "event_id")
        if published:
            await self.publish()

    async def publish(self) -> list[UUID]:
        """Empty the outbox as the relay does; return what was in it."""
        async with self.engine.begin() as connection:
            waiting = list(await connection.scalars(select(self.tables.outbox.c.event_id)))
            if waiting:
                leave = ledger.leave_outbox(self.tables)
                await connection.execute(leave, {"event_ids": waiting})
        return waiting

    async def take_up(self, event_ids: Sequence[UUID]) -> None:
        async with self.engine.begin() as connection:
            columns = {"event_id": list(event_ids)}
            await insert_new_rows(connection, self.tables.inbox, columns, returning="event_id")

    async def ask(self, *, me: str = "one") -> list[tuple[UUID, datetime, list[UUID]]]:
        """Do what is due; return the inquiries that go out."""
        async with self.engine.begin() as connection:
            turns = await ledger.take_turns(connection, self.tables, [READER], me)
        found: list[UUID] = []
        for turn in turns:
            async with self.engine.begin() as connection:
                if turn.overdue:
                    found += await ledger.send_again(connection, self.tables, READER)
                if rounds.asks_about_open(turn):
                    found += await ledger.ask_about_open(
                        connection, self.tables, READER, self.types
                    )
                age = rounds.age_to_ask_about(turn)
                if age is not None:
                    found += await ledger.begin_round(
                        connection, self.tables, turn, self.types, age=age
                    )
        return [sent for each in found if (sent := await self.read(each))]

    async def read(self, inquiry_id: UUID) -> tuple[UUID, datetime, list[UUID]] | None:
        async with self.engine.connect() as connection:
            asked = await ledger.asked_about(connection, self.tables, inquiry_id, self.types)
        if asked is None:
            return None
        raw = asked[1]
        event_ids = [UUID(bytes=raw[start : start + 16]) for start in range(0, len(raw), 16)]
        return inquiry_id, asked[0], event_ids

    async def answer(self, asked: tuple[UUID, datetime, list[UUID]]) -> Answer:
        """Answer as the reader would now."""
        async with self.engine.connect() as connection:
            found = await whereabouts.find(
                connection, self.tables, b"".join(each.bytes for each in asked[2])
            )
        return Answer(READER, asked[1], asked[0], found.missing, found.aside)

    async def settle(self, answer: Answer) -> int:
        async with self.engine.begin() as connection:
            return await ledger_answers.settle(connection, self.tables, answer)

    async def hear_of_loss(self) -> None:
        async with self.engine.begin() as connection:
            await ledger_answers.hear_of_loss(connection, self.tables, READER)

    async def pass_time(self, span: timedelta) -> None:
        """Make everything in the account so much older; nobody has to wait."""
        tables = self.tables.ledger
        async with self.engine.begin() as connection:
            for column in (
                tables.reader.c.asked_at,
                tables.reader.c.lost_at,
                tables.reader.c.held_until,
                tables.inquiry.c.sent_at,
                tables.inquiry.c.due_at,
                tables.open.c.next_at,
                tables.aside.c.until,
                self.tables.outbox.c.created_at,
            ):
                await connection.execute(update(column.table).values({column: column - span}))

    async def open(self) -> dict[UUID, int]:
        """Return the events that are asked about one by one, with the answers that missed them."""
        listed = self.tables.ledger.open
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(listed.c.event_id, listed.c.misses))
            return {row.event_id: row.misses for row in rows}

    async def unanswered(self) -> int:
        async with self.engine.connect() as connection:
            statement = text(f"select count(*) from {self.tables.schema}.ledger_inquiry")
            return int((await connection.execute(statement)).scalar_one())
