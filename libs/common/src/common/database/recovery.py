"""The state of a recovery: one row per service, so that all workers do the same.

No row means that there never was one.

off: the queue is worked off as it comes. on: what waits is moved into the backlog and taken from
there in order. finishing: somebody stopped it; the queue is worked off again, and beside it what
is left in the backlog.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.operations import SYSTEM, record
from common.database.schema import Carried
from common.database.work import Work, WorkFactory

State = Literal["off", "on", "finishing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand."""

    state: State = "off"
    newest_first: bool = True
    today_first: bool = True
    started_by: str = ""
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    moved: int = 0
    settled: int = 0


async def standing(connection: AsyncConnection, tables: Carried) -> Standing:
    columns = [tables.recovery.c[field.name] for field in fields(Standing)]
    row = (await connection.execute(select(*columns))).one_or_none()
    return Standing(*row) if row else Standing()


async def start(work: Work, tables: Carried, *, by: str, reason: str, **order: bool) -> bool:
    """Begin a recovery, or change the order of one that is on; return whether it began now.

    `order` is newest_first and today_first.
    """
    recovery = tables.recovery
    await work.connection.execute(insert(recovery).values(one=True).on_conflict_do_nothing())
    current = await work.connection.scalar(select(recovery.c.state).with_for_update())
    values: dict[str, object] = {"state": "on", **order}
    if current == "off":
        values |= {"moved": 0, "settled": 0, "started_at": func.now(), "ended_at": None}
    if current != "on":
        values |= {"started_by": by, "reason": reason}
    await work.connection.execute(update(recovery).values(values))
    action = "recovery.changed" if current == "on" else "recovery.started"
    what = ("recovery", tables.schema)
    record(work, actor=by, action=action, subject=what, after=order, reason=reason)
    return current != "on"


async def stop(work: Work, tables: Carried, *, by: str) -> bool:
    """Move nothing more; return whether a recovery was on."""
    recovery = tables.recovery
    on = update(recovery).where(recovery.c.state == "on").values(state="finishing")
    stopped = (await work.connection.execute(on.returning(recovery.c.one))).first() is not None
    if stopped:
        record(work, actor=by, action="recovery.stopped", subject=("recovery", tables.schema))
    return stopped


async def end_if_empty(works: WorkFactory) -> bool:
    """End the recovery if nothing is left in the backlog; return whether it ended now.

    Two statements, since only the second sees what was moved while the first waited for the row.
    """
    recovery, backlog = works.tables.recovery, works.tables.backlog
    left = select(backlog.c.event_id).exists()
    ended = (
        update(recovery)
        .where(recovery.c.state != "off", ~left)
        .values(state="off", ended_at=func.now())
        .returning(recovery.c.moved, recovery.c.settled)
    )
    async with works.begin() as work:
        await work.connection.execute(select(recovery.c.one).with_for_update())
        row = (await work.connection.execute(ended)).one_or_none()
        if row is not None:
            what, counts = ("recovery", works.tables.schema), dict(row._mapping)  # noqa: SLF001 - public in spite of its name
            record(work, actor=SYSTEM, action="recovery.ended", subject=what, after=counts)
    return row is not None
