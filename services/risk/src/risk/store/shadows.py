"""What a candidate in shadow would have decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_new_rows
from risk.domain.assessment import FIRST
from risk.domain.decision import Decision
from risk.store import reasons
from risk.store.feature_tables import feature_snapshot
from risk.store.tables import assessment, shadow_decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    ruleset: str
    order_id: UUID
    decision: Decision
    unanswered: int
    took_micros: int
    decided_at: datetime


async def not_yet(
    connection: AsyncConnection, ruleset: str, since: datetime, limit: int
) -> list[UUID]:
    """Return orders decided since, and not shadowed yet, the oldest first.

    Only those of which there is a snapshot: of the others nothing can ever be said.
    """
    known = (
        select(feature_snapshot.c.order_id)
        .where(
            feature_snapshot.c.order_id == assessment.c.order_id,
            feature_snapshot.c.decision_no == FIRST,
        )
        .exists()
    )
    done = (
        select(shadow_decision.c.order_id)
        .where(
            shadow_decision.c.ruleset == ruleset,
            shadow_decision.c.order_id == assessment.c.order_id,
        )
        .exists()
    )
    statement = (
        select(assessment.c.order_id)
        .where(assessment.c.decided_at >= since, assessment.c.decision_no == FIRST, known, ~done)
        .order_by(assessment.c.decided_at)
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def add(connection: AsyncConnection, made: Sequence[Shadow]) -> None:
    columns: Columns = {
        "ruleset": [s.ruleset for s in made],
        "order_id": [s.order_id for s in made],
        "outcome": [s.decision.outcome.value for s in made],
        "reasons": [reasons.written(s.decision.reasons) for s in made],
        "unanswered": [s.unanswered for s in made],
        "took_micros": [s.took_micros for s in made],
        "decided_at": [s.decided_at for s in made],
    }
    await insert_new_rows(connection, shadow_decision, columns, returning="order_id")


async def forget(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(delete(shadow_decision).where(shadow_decision.c.decided_at < before))
