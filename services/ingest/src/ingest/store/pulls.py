"""How far each shop was read, and who is reading: one at a time, by a lease that runs out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Transient
from common.ids import new_id
from ingest.store.pull_tables import pull


class LeaseLost(Transient):
    """Somebody else reads this shop by now: what was read is left to them."""


@dataclass(frozen=True, slots=True)
class Task:
    channel: str
    shop: str
    name: str
    """poll | completeness | webhooks."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a task, and how far it is."""

    task: Task
    lease: UUID
    position: datetime | None
    """Everything before it is done."""
    until: datetime | None
    """The end of the window that was begun, where one was."""
    page: str | None
    """What to ask for next in it."""
    failures: int


async def take(
    connection: AsyncConnection,
    task: Task,
    now: datetime,
    *,
    seconds: float,
    even_if_not_due: bool = False,
) -> Lease | None:
    """Take the lease of a task that is due; None where somebody has it, or it is not."""
    lease = new_id()
    key = {"channel": task.channel, "shop": task.shop, "task": task.name}
    new = insert(pull).values(**key, due_at=now, failures=0)
    await connection.execute(new.on_conflict_do_nothing())
    free = or_(pull.c.leased_until.is_(None), pull.c.leased_until < now)
    due = pull.c.due_at <= now if not even_if_not_due else true()
    statement = (
        update(pull)
        .where(_is(task), free, due)
        .values(lease=lease, leased_until=now + timedelta(seconds=seconds))
        .returning(pull.c.position, pull.c.until, pull.c.page, pull.c.failures)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else Lease(task, lease, *row)


async def advance(
    connection: AsyncConnection,
    lease: Lease,
    now: datetime,
    *,
    seconds: float,
    **progress: datetime | str | None,
) -> None:
    """Keep the lease, and the progress with it: `position`, `until`, `page`.

    Raises:
        LeaseLost: it ran out, and somebody else has it.
    """
    values: dict[str, Any] = {"leased_until": now + timedelta(seconds=seconds), **progress}
    await _change(connection, lease, values)


async def release(
    connection: AsyncConnection,
    lease: Lease,
    due_at: datetime,
    error: str | None = None,
) -> None:
    """Give the lease back; `error` says why it could not be done.

    Raises:
        LeaseLost: somebody else has it anyway.
    """
    failures = 0 if error is None else lease.failures + 1
    values = {"due_at": due_at, "failures": failures, "last_error": error}
    await _change(connection, lease, {**values, "lease": None, "leased_until": None})


async def _change(connection: AsyncConnection, lease: Lease, values: dict[str, Any]) -> None:
    mine = and_(_is(lease.task), pull.c.lease == lease.lease)
    changed = await connection.execute(update(pull).where(mine).values(**values))
    if not changed.rowcount:
        raise LeaseLost(f"{lease.task.channel}/{lease.task.shop} is read by somebody else.")


async def failing(connection: AsyncConnection) -> list[tuple[Task, int]]:
    """Return the tasks that failed lately, and how often in a row."""
    columns = (pull.c.channel, pull.c.shop, pull.c.task, pull.c.failures)
    rows = await connection.execute(select(*columns).where(pull.c.failures > 0))
    return [(Task(r.channel, r.shop, r.task), r.failures) for r in rows]


def _is(task: Task) -> Any:
    return and_(pull.c.channel == task.channel, pull.c.shop == task.shop, pull.c.task == task.name)
