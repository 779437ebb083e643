"""Which rule sets decide, and every change of that: a pointer and its append-only log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.domain.release import Release, Stage
from risk.store.tables import active_ruleset, ruleset_change


class Kind(StrEnum):
    ACTIVATION = "activation"
    """Put in force for every order at once."""
    ROLLBACK = "rollback"
    SHADOW = "shadow"
    CANARY = "canary"
    PROMOTION = "promotion"
    """A canary became stable."""
    ABORT = "abort"
    """The candidate was taken out; what is stable stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of the history; `before` is the step to go back to."""

    id: UUID
    kind: Kind
    release: Release
    """As it was after the change."""
    before: UUID | None
    changed_at: datetime
    changed_by: str
    reason: str


_MAKES_STABLE = (Kind.ACTIVATION.value, Kind.PROMOTION.value, Kind.ROLLBACK.value)
_IN_FORCE = select(ruleset_change).join_from(
    active_ruleset, ruleset_change, active_ruleset.c.change == ruleset_change.c.id
)
_STAMP = select(active_ruleset.c.change)


async def stamp(connection: AsyncConnection) -> UUID | None:
    """Return the change in force: the cheapest way to see another one."""
    found: UUID | None = await connection.scalar(_STAMP)
    return found


async def in_force(connection: AsyncConnection) -> Change | None:
    return await _one(connection, _IN_FORCE)


async def lock(connection: AsyncConnection) -> Change | None:
    """Return the change in force, and let nobody else make one meanwhile."""
    await connection.execute(_STAMP.with_for_update())
    return await in_force(connection)  # read after the lock: it may have changed while waiting


async def find(connection: AsyncConnection, change_id: UUID) -> Change | None:
    return await _one(connection, select(ruleset_change).where(ruleset_change.c.id == change_id))


async def last_with_stable(connection: AsyncConnection, ruleset: str) -> Change | None:
    """Return the last change after which this rule set was stable."""
    statement = select(ruleset_change).where(ruleset_change.c.ruleset == ruleset)
    return await _one(connection, statement.order_by(ruleset_change.c.id.desc()).limit(1))


async def became_stable(connection: AsyncConnection, ruleset: str) -> Change | None:
    """Return the last change that made this rule set stable; later ones only moved a candidate."""
    statement = select(ruleset_change).where(
        ruleset_change.c.ruleset == ruleset, ruleset_change.c.kind.in_(_MAKES_STABLE)
    )
    return await _one(connection, statement.order_by(ruleset_change.c.id.desc()).limit(1))


async def as_of(connection: AsyncConnection, at: datetime) -> Change | None:
    """Return the change that was in force at that time."""
    statement = select(ruleset_change).where(ruleset_change.c.changed_at <= at)
    return await _one(connection, statement.order_by(ruleset_change.c.id.desc()).limit(1))


async def page(connection: AsyncConnection, before: UUID | None, limit: int) -> list[Change]:
    """Return changes, the newest first."""
    statement = select(ruleset_change).order_by(ruleset_change.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(ruleset_change.c.id < before)
    return [_change(row) for row in (await connection.execute(statement)).mappings()]


async def make(connection: AsyncConnection, change: Change) -> None:
    """Log the change and put it in force."""
    release = change.release
    shared = {
        "changed_at": change.changed_at,
        "changed_by": change.changed_by,
        "reason": change.reason,
        "candidate": release.candidate,
        "stage": release.stage,
        "percent": release.percent,
    }
    await connection.execute(
        insert(ruleset_change).values(
            id=change.id,
            kind=change.kind.value,
            ruleset=release.stable,
            before=change.before,
            **shared,
        )
    )
    pointer = {"change": change.id, "id": release.stable, **shared}
    await connection.execute(
        insert(active_ruleset)
        .values(pointer)
        .on_conflict_do_update(index_elements=["single"], set_=pointer)
    )


async def _one(connection: AsyncConnection, statement: Select[Any]) -> Change | None:
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _change(row)


def _change(row: RowMapping) -> Change:
    return Change(
        id=row["id"],
        kind=Kind(row["kind"]),
        release=Release(
            stable=row["ruleset"],
            candidate=row["candidate"],
            stage=None if row["stage"] is None else Stage(row["stage"]),
            percent=row["percent"],
        ),
        before=row["before"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        reason=row["reason"],
    )
