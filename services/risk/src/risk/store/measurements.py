"""What the gate said of rule sets: rows are added, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.store.tables import measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    id: UUID
    ruleset: str
    against: str
    """The rule set that was stable then."""
    passed: bool
    report: Mapping[str, Any]
    measured_at: datetime
    measured_by: str


async def add(connection: AsyncConnection, made: Measurement) -> None:
    await connection.execute(
        insert(measurement).values(
            id=made.id,
            ruleset=made.ruleset,
            against=made.against,
            passed=made.passed,
            report=dict(made.report),
            measured_at=made.measured_at,
            measured_by=made.measured_by,
        )
    )


async def page(connection: AsyncConnection, ruleset: str, limit: int) -> list[Measurement]:
    """Return the measurements of a rule set, the newest first."""
    statement = select(measurement).where(measurement.c.ruleset == ruleset)
    statement = statement.order_by(measurement.c.id.desc()).limit(limit)
    return [Measurement(**row) for row in (await connection.execute(statement)).mappings()]
