"""Which rule set is in force, and every change of that: a pointer and its append-only log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.store.tables import active_ruleset, ruleset_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of the history; `before` is the step to go back to."""

    id: UUID
    kind: Literal["activation", "rollback"]
    ruleset: str
    before: UUID | None
    changed_at: datetime
    changed_by: str
    reason: str


_IN_FORCE = select(ruleset_change).join_from(
    active_ruleset, ruleset_change, active_ruleset.c.change == ruleset_change.c.id
)
_STAMP = select(active_ruleset.c.id, active_ruleset.c.changed_at)


async def stamp(connection: AsyncConnection) -> tuple[str, datetime] | None:
    """Return which rule set is in force and since when: the cheapest way to see a change."""
    row = (await connection.execute(_STAMP)).one_or_none()
    return None if row is None else (row.id, row.changed_at)


async def in_force(connection: AsyncConnection) -> Change | None:
    return _change((await connection.execute(_IN_FORCE)).mappings().one_or_none())


async def lock(connection: AsyncConnection) -> Change | None:
    """Return the change in force, and let nobody else make one meanwhile."""
    await connection.execute(_STAMP.with_for_update())
    return await in_force(connection)  # read after the lock: it may have changed while waiting


async def find(connection: AsyncConnection, change_id: UUID) -> Change | None:
    rows = await connection.execute(select(ruleset_change).where(ruleset_change.c.id == change_id))
    return _change(rows.mappings().one_or_none())


async def make(connection: AsyncConnection, change: Change) -> None:
    """Log the change and put it in force."""
    shared = {
        "changed_at": change.changed_at,
        "changed_by": change.changed_by,
        "reason": change.reason,
    }
    await connection.execute(
        insert(ruleset_change).values(
            id=change.id,
            kind=change.kind,
            ruleset=change.ruleset,
            before=change.before,
            **shared,
        )
    )
    pointer = {"change": change.id, "id": change.ruleset, **shared}
    await connection.execute(
        insert(active_ruleset)
        .values(pointer)
        .on_conflict_do_update(index_elements=["single"], set_=pointer)
    )


def _change(row: RowMapping | None) -> Change | None:
    return None if row is None else Change(**row)
