"""Poison that kills its process: counted in the database before each try, by one event at a time.

The broker's delivery count cannot tell the poison from its neighbours, since a crash raises the
count of everything the consumer held. So a redelivered event is taken alone, and its try is
committed first: after TRIES_MAX tries without an end, this event is the one.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.engine import answers
from common.database.schema import Carried
from common.errors import Unavailable

DELIVERIES_SUSPECT = 2
TRIES_MAX = 3


@dataclass
class Suspects:
    """The tries of one consumer; each method but `trying` may be repeated without harm."""

    engine: AsyncEngine
    tables: Carried
    _excused: list[UUID] = field(default_factory=list)

    async def tries(self, event_id: UUID) -> int:
        """Return how often this event was tried and came to no end."""
        suspect = self.tables.suspect
        statement = select(suspect.c.tries).where(suspect.c.event_id == event_id)
        async with self.engine.connect() as connection:
            return int(await connection.scalar(statement) or 0)

    async def begin(self, event_id: UUID, tries: int) -> None:
        """Make it that many tries, durably, before the last of them is made."""
        statement = insert(self.tables.suspect).values(event_id=event_id, tries=tries)
        excluded = statement.excluded.tries
        async with self.engine.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["event_id"], set_={"tries": excluded}
                )
            )

    @asynccontextmanager
    async def trying(self, event_id: UUID) -> AsyncGenerator[None]:
        """Excuse the event if its try is given up while the database is away.

        That it came to no end is then no fault of the event, and the process lives. The try is
        struck from the count once the database is back: see `strike`.
        """
        try:
            yield
        except BaseException as error:
            if isinstance(error, Unavailable) or not await answers(self.engine):
                self._excused.append(event_id)
            raise

    async def strike(self) -> None:
        """Take the tries of excused events off the count, where the database allows it by now."""
        if not self._excused or not await answers(self.engine):
            return
        suspect = self.tables.suspect
        fewer = func.greatest(suspect.c.tries - 1, 0)
        statement = update(suspect).where(suspect.c.event_id.in_(self._excused))
        async with self.engine.begin() as connection:
            await connection.execute(statement.values(tries=fewer))
        self._excused.clear()

    async def acquit(self, event_id: UUID) -> None:
        """Forget the tries: the event ended, whatever its outcome."""
        suspect = self.tables.suspect
        async with self.engine.begin() as connection:
            await connection.execute(delete(suspect).where(suspect.c.event_id == event_id))
