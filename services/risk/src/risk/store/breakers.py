"""What people set breakers to, every change of one, and what each worker says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_rows
from risk.store.tables import breaker_change, breaker_override, worker_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What a person set a check's breaker to, in every worker."""

    check: str
    state: str
    set_at: datetime
    set_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    id: UUID
    check: str
    instance: str
    """Worker process whose breaker it was; all: a person set it."""
    before: str
    after: str
    cause: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a worker process says of itself."""

    instance: str
    stable: str
    candidate: str | None
    trouble: str | None
    breakers: Sequence[Mapping[str, Any]]
    reported_at: datetime


async def overrides(connection: AsyncConnection) -> dict[str, Override]:
    rows = await connection.execute(select(breaker_override).order_by(breaker_override.c.check))
    return {row["check"]: Override(**row) for row in rows.mappings()}


async def override(connection: AsyncConnection, wanted: Override) -> None:
    values = {
        "state": wanted.state,
        "set_at": wanted.set_at,
        "set_by": wanted.set_by,
        "reason": wanted.reason,
    }
    statement = insert(breaker_override).values(check=wanted.check, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["check"], set_=values))


async def let_be(connection: AsyncConnection, check: str) -> None:
    await connection.execute(delete(breaker_override).where(breaker_override.c.check == check))


async def log(connection: AsyncConnection, made: Sequence[Change]) -> None:
    columns: dict[str, list[Any]] = {
        "id": [c.id for c in made],
        "check": [c.check for c in made],
        "instance": [c.instance for c in made],
        "before": [c.before for c in made],
        "after": [c.after for c in made],
        "cause": [c.cause for c in made],
        "changed_at": [c.changed_at for c in made],
        "changed_by": [c.changed_by for c in made],
    }
    await insert_rows(connection, breaker_change, columns)


async def history(connection: AsyncConnection, check: str, limit: int) -> list[Change]:
    """Return the changes of a check's breakers, the newest first."""
    statement = select(breaker_change).where(breaker_change.c.check == check)
    statement = statement.order_by(breaker_change.c.id.desc()).limit(limit)
    return [Change(**row) for row in (await connection.execute(statement)).mappings()]


async def report(connection: AsyncConnection, said: Report) -> None:
    values = {
        "stable": said.stable,
        "candidate": said.candidate,
        "trouble": said.trouble,
        "breakers": list(said.breakers),
        "reported_at": said.reported_at,
    }
    statement = insert(worker_report).values(instance=said.instance, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["instance"], set_=values)
    )


async def reports(connection: AsyncConnection, since: datetime) -> list[Report]:
    """Return what the workers said that are there: those that reported since."""
    statement = select(worker_report).where(worker_report.c.reported_at >= since)
    statement = statement.order_by(worker_report.c.instance)
    return [Report(**row) for row in (await connection.execute(statement)).mappings()]


async def forget_reports(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(delete(worker_report).where(worker_report.c.reported_at < before))
