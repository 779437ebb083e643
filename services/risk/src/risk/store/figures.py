"""What each rule set did lately, from the decisions themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.domain.assessment import FIRST
from risk.domain.decision import Outcome
from risk.domain.health import Figures
from risk.store.tables import assessment, shadow_decision

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    since: datetime
    until: datetime


async def decided(connection: AsyncConnection, ruleset: str, span: Span) -> Figures:
    """Return what the rule set decided in that time, about orders decided for the first time."""
    statement = _figures(assessment).where(
        assessment.c.ruleset == ruleset,
        assessment.c.decision_no == FIRST,
        assessment.c.decided_at >= span.since,
        assessment.c.decided_at < span.until,
    )
    return await _read(connection, statement)


async def shadowed(connection: AsyncConnection, ruleset: str, since: datetime) -> Figures:
    """Return what the rule set would have decided."""
    statement = _figures(shadow_decision).where(
        shadow_decision.c.ruleset == ruleset, shadow_decision.c.decided_at >= since
    )
    return await _read(connection, statement)


def _figures(table: Table) -> Select[*tuple[Any, ...]]:
    micros = func.percentile_disc(0.95).within_group(table.c.took_micros)
    return select(
        func.count().label("orders"),
        func.coalesce(micros, 0).label("micros"),
        func.count().filter(table.c.unanswered > 0).label("unanswered"),
        func.count().filter(table.c.outcome == Outcome.HELD.value).label("held"),
        func.count().filter(table.c.outcome == Outcome.REJECTED.value).label("rejected"),
    ).select_from(table)


async def _read(connection: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> Figures:
    row = (await connection.execute(statement)).one()
    return Figures(
        orders=row.orders,
        p95_seconds=row.micros / _MICROS,
        unanswered=row.unanswered,
        held=row.held,
        rejected=row.rejected,
    )


async def first_outcomes(connection: AsyncConnection, order_ids: list[UUID]) -> dict[UUID, Outcome]:
    """Return how each order was decided first."""
    statement = select(assessment.c.order_id, assessment.c.outcome).where(
        assessment.c.order_id.in_(order_ids), assessment.c.decision_no == FIRST
    )
    return {row.order_id: Outcome(row.outcome) for row in await connection.execute(statement)}
