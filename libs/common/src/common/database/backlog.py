"""The backlog table: events moved out of the queue during a recovery, and taken from it in order.

A claim is a lease in a short transaction of its own, as a delivery is: whoever dies with it leaves
it to the next, and the inbox makes a repetition harmless. Claims of one service are made one after
another, so that all waiting events of an order go to one claimer, in the order they were announced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.database.rows import insert_statement
from common.database.schema import Carried
from common.ids import first_id_at

LEASE = timedelta(seconds=60)
_CLAIMING = 0x51_0C_E5  # any number; together with the schema's name it is the lock of claims


@dataclass(frozen=True, slots=True)
class Moved:
    """One event on its way into the backlog."""

    event_id: UUID
    order_id: UUID
    type: str
    body: bytes
    """A pack of one, every byte as it came."""
    attempt: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """One event taken from the backlog; it has to be removed once it is settled."""

    event_id: UUID
    order_id: UUID
    type: str
    body: bytes
    attempt: int
    tries: int
    """How often it was claimed, this time included."""


@dataclass(frozen=True, slots=True)
class Order:
    """In which order the backlog is worked off: by the time each order was accepted."""

    newest_first: bool
    today: datetime | None
    """When today began, where today's orders go before all others."""

    def rank(self, order_id: UUID) -> tuple[bool, int]:
        """Return what to sort by; the smallest comes first."""
        age = -order_id.int if self.newest_first else order_id.int
        late = self.today is not None and order_id < first_id_at(self.today)
        return late, age


async def move(engine: AsyncEngine, tables: Carried, events: Sequence[Moved]) -> bool:
    """Put events into the backlog; return False, with nothing done, where no recovery is on.

    The state is asked last and its row locked, so that no event can slip in while the recovery
    ends because the backlog is empty.
    """
    columns = {
        name: [getattr(event, name) for event in events]
        for name in ("event_id", "order_id", "type", "body", "attempt")
    }
    statement = insert_statement(tables.backlog, tuple(columns)).on_conflict_do_nothing()
    recovery = tables.recovery
    counted = (
        update(recovery)
        .where(recovery.c.state == "on")
        .values(moved=recovery.c.moved + len(events))
        .returning(recovery.c.one)
    )
    async with engine.connect() as connection, connection.begin() as transaction:
        await connection.execute(statement, columns)
        on = (await connection.execute(counted)).first() is not None
        if not on:
            await transaction.rollback()
    return on


async def claim(
    engine: AsyncEngine, tables: Carried, order: Order, *, orders_max: int
) -> list[Claimed]:
    """Take the events of up to this many orders, whole orders, the first in order first."""
    async with engine.begin() as connection:
        # A lease that is lost with the server has no holder any more: no reason to wait for disk.
        await connection.execute(text("set local synchronous_commit = off"))
        lock = text("select pg_advisory_xact_lock(:key, hashtext(:schema))")
        await connection.execute(lock, {"key": _CLAIMING, "schema": tables.schema})
        chosen = await _choose(connection, tables, order, orders_max)
        rows = await connection.execute(_take(tables), {"order_ids": chosen})
        claimed = [Claimed(*row) for row in rows]
    return sorted(claimed, key=lambda one: (*order.rank(one.order_id), one.event_id))


async def _choose(
    connection: AsyncConnection, tables: Carried, order: Order, orders_max: int
) -> list[UUID]:
    chosen: list[UUID] = []
    if order.today is not None and not order.newest_first:
        first = first_id_at(order.today)
        chosen += await connection.scalars(_waiting(tables, order, orders_max, since=first))
    if len(chosen) < orders_max:
        more = await connection.scalars(_waiting(tables, order, orders_max))
        chosen += [order_id for order_id in more if order_id not in set(chosen)]
    return chosen[:orders_max]


def _waiting(tables: Carried, order: Order, orders_max: int, since: UUID | None = None) -> Any:
    """Return the first orders that wait and of which nobody has claimed an event.

    One walk along the index: an anti join would read the whole table, bodies and all.
    """
    backlog = tables.backlog
    age = backlog.c.order_id
    statement = (
        select(age)
        .group_by(age)
        .having(func.max(backlog.c.claimed_until) < func.now())
        .order_by(age.desc() if order.newest_first else age)
        .limit(orders_max)
    )
    return statement if since is None else statement.where(age >= since)


def _take(tables: Carried) -> Any:
    backlog = tables.backlog
    given = bindparam("order_ids", type_=ARRAY(Uuid))
    return (
        update(backlog)
        .where(backlog.c.order_id == given.any_(), backlog.c.claimed_until < func.now())
        .values(claimed_until=func.now() + LEASE, tries=backlog.c.tries + 1)
        .returning(
            backlog.c.event_id,
            backlog.c.order_id,
            backlog.c.type,
            backlog.c.body,
            backlog.c.attempt,
            backlog.c.tries,
        )
    )


async def remove(engine: AsyncEngine, tables: Carried, event_ids: Sequence[UUID]) -> None:
    """Take settled events out of the backlog, and count them."""
    backlog, recovery = tables.backlog, tables.recovery
    given = bindparam("event_ids", type_=ARRAY(Uuid))
    settled = update(recovery).values(settled=recovery.c.settled + len(event_ids))
    async with engine.begin() as connection:
        # What is lost with the server was settled all the same: it comes again and is known.
        await connection.execute(text("set local synchronous_commit = off"))
        gone = delete(backlog).where(backlog.c.event_id == given.any_())
        await connection.execute(gone, {"event_ids": list(event_ids)})
        await connection.execute(settled)


async def depth(connection: AsyncConnection, tables: Carried) -> int:
    """Return how many events wait in the backlog, those in somebody's hands included."""
    return int(await connection.scalar(select(func.count()).select_from(tables.backlog)) or 0)


async def is_empty(connection: AsyncConnection, tables: Carried) -> bool:
    """Tell whether nothing waits, at less cost than by counting."""
    return not await connection.scalar(select(select(tables.backlog.c.event_id).exists()))
