"""Poison that kills its process: counted in the database before each try, by one event at a time.

The broker's delivery count cannot tell the poison from its neighbours, since a crash raises the
count of everything the consumer held. So a redelivered event is taken alone, and its try is
committed first: after TRIES_MAX tries without an end, this event is the one.
"""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.schema import Carried

DELIVERIES_SUSPECT = 2
TRIES_MAX = 3


async def begin_try(engine: AsyncEngine, tables: Carried, event_id: UUID) -> int:
    """Count a try, durably, before it is made; return how many there were before it."""
    suspect = tables.suspect
    statement = (
        insert(suspect)
        .values(event_id=event_id, tries=1)
        .on_conflict_do_update(index_elements=["event_id"], set_={"tries": suspect.c.tries + 1})
        .returning(suspect.c.tries)
    )
    async with engine.begin() as connection:
        return int((await connection.execute(statement)).scalar_one()) - 1


async def acquit(engine: AsyncEngine, tables: Carried, event_id: UUID) -> None:
    """Forget the tries: the event ended, whatever its outcome."""
    async with engine.begin() as connection:
        await connection.execute(
            delete(tables.suspect).where(tables.suspect.c.event_id == event_id)
        )
