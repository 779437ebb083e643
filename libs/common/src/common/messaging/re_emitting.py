"""Events of the log are announced once more: to all who read them, or to one reader alone.

Harmless: readers know by its id what they have handled.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.exporting import Span
from common.database.schema import Carried
from common.database.work import Announced
from common.ids import first_id_at
from common.messaging.connection import connected, deliver_to
from common.messaging.pack import pack
from common.messaging.topology import ServiceQueues

EVENTS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Which:
    """Events of one order, or of a span of time, or of an order within it."""

    order_id: UUID | None = None
    span: Span | None = None
    types: Collection[str] | None = None
    """None: of any type."""

    def conditions(self, tables: Carried) -> list[ColumnElement[bool]]:
        log, found = tables.event_log.c, []
        if self.order_id is not None:
            found.append(log.order_id == self.order_id)
        if self.span is not None:
            found.append(log.event_id >= first_id_at(self.span.since))
            found.append(log.event_id < first_id_at(self.span.until))
        if self.types is not None:
            found.append(log.type.in_(self.types))
        return found


async def to_all(engine: AsyncEngine, tables: Carried, which: Which) -> int:
    """Put the events into the outbox, from where a worker publishes them; return how many."""
    count, after = 0, UUID(int=0)
    while True:
        async with engine.begin() as connection:
            ids = list(
                await connection.scalars(_next(tables, which, after, tables.event_log.c.event_id))
            )
            if not ids:
                return count
            rows = [{"event_id": event_id} for event_id in ids]
            await connection.execute(insert(tables.outbox).values(rows).on_conflict_do_nothing())
        count, after = count + len(ids), ids[-1]


async def to_one(
    engine: AsyncEngine, tables: Carried, which: Which, reader: ServiceQueues, url: str
) -> int:
    """Give the events straight to a reader's queue; return how many were confirmed.

    Raises:
        Unavailable: the broker did not confirm all; what was given is given.
    """
    count = 0
    async with connected(url) as broker:
        channel = await broker.channel(publisher_confirms=True)
        async for events in _in_order(engine, tables, which):
            await deliver_to(channel, reader.main.name, [message for message, _ in pack(events)])
            count += len(events)
    return count


async def _in_order(
    engine: AsyncEngine, tables: Carried, which: Which
) -> AsyncGenerator[Sequence[Announced]]:
    log, after = tables.event_log.c, UUID(int=0)
    columns = (log.event_id, log.type, log.order_id, cast(log.body, Text).label("body"))
    while True:
        async with engine.connect() as connection:
            rows = (await connection.execute(_next(tables, which, after, *columns))).all()
        if not rows:
            return
        yield [Announced(r.event_id, r.type, r.order_id, r.body) for r in rows]
        after = rows[-1].event_id


def _next(tables: Carried, which: Which, after: UUID, *columns: Any) -> Any:
    event_id = tables.event_log.c.event_id
    statement = select(*columns).where(event_id > after, *which.conditions(tables))
    return statement.order_by(event_id).limit(EVENTS_AT_ONCE)
