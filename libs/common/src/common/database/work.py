"""One batch of messages, or one request, is one transaction."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Uuid, bindparam, delete
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.clock import utc_now
from common.contracts.event import Cause, Event, Message
from common.database.operation_chain import Anchor, Operation
from common.database.operation_log import append
from common.database.rows import Columns, insert_into_both, insert_new_rows
from common.database.schema import Carried
from common.ids import new_id
from common.telemetry.tracing import next_hop

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Announced:
    """An event as it goes on the wire, and stays in the log."""

    event_id: UUID
    type: str
    order_id: UUID
    body: str
    """The message as JSON."""


@dataclass(frozen=True, slots=True)
class Work:
    """State changes and the events they cause: all are committed, or none."""

    connection: AsyncConnection
    now: datetime
    first_seen: frozenset[UUID] = frozenset()
    announced: list[Announced] = field(default_factory=list)
    postponed: dict[UUID, str] = field(default_factory=dict)
    recorded: list[Operation] = field(default_factory=list)

    def publish(self, event: Event, *, because: Message[Any] | Cause) -> None:
        """Announce the event with this transaction; the relay sends it after the commit."""
        cause = because.cause() if isinstance(because, Message) else because
        message = _message_of(type(event)).model_construct(
            event_id=new_id(),
            type=event.routing_key(),
            occurred_at=self.now,
            correlation_id=cause.correlation_id,
            causation_id=cause.causation_id,
            traceparent=next_hop(cause.traceparent),
            data=event,
        )
        self.announced.append(
            Announced(message.event_id, message.type, event.order_id, message.model_dump_json())
        )

    def postpone(self, message: Message[Any], reason: str) -> None:
        """Leave this event for later, since it came before what it builds on: to the retry ladder.

        The handler must not have saved or announced anything for it.
        """
        self.postponed[message.event_id] = reason


@cache
def _message_of(event: type[Event]) -> type[Message[Any]]:
    """Return the message class of an event; pydantic looks it up anew each time, and slowly."""
    return Message[event]  # type: ignore[valid-type]


def tell_anchor(end: Anchor) -> None:
    """Say outside the database where the operation log ends: a log cut short or rewritten shows."""
    log.info("operations.anchored", number=end.number, hash=end.hash.hex())


@dataclass(frozen=True, slots=True)
class WorkFactory:
    engine: AsyncEngine
    tables: Carried

    @asynccontextmanager
    async def begin(self, event_ids: Collection[UUID] = ()) -> AsyncGenerator[Work]:
        """Open the transaction in which to handle these events; the work knows which are new."""
        async with self.engine.begin() as connection:
            fresh = await insert_new_rows(
                connection, self.tables.inbox, {"event_id": list(event_ids)}, returning="event_id"
            )
            work = Work(connection, utc_now(), frozenset(fresh))
            yield work
            await self._forget(work)
            await self._announce(work)
            # Last: the end of the log is locked for a commit's length, and after all other locks.
            end = await append(connection, self.tables, work.recorded)
        if end is not None:
            tell_anchor(end)

    async def _forget(self, work: Work) -> None:
        """Take postponed events out of the inbox again, so that they count as new next time."""
        if work.postponed:
            event_id = self.tables.inbox.c.event_id
            given = bindparam("event_ids", type_=ARRAY(Uuid))
            statement = delete(self.tables.inbox).where(event_id == given.any_())
            await work.connection.execute(statement, {"event_ids": list(work.postponed)})

    async def _announce(self, work: Work) -> None:
        announced: Sequence[Announced] = work.announced
        columns: Columns = {
            "event_id": [a.event_id for a in announced],
            "type": [a.type for a in announced],
            "order_id": [a.order_id for a in announced],
            "body": [a.body for a in announced],
        }
        log, outbox = self.tables.event_log, self.tables.outbox
        await insert_into_both(work.connection, log, columns, outbox, "event_id")
