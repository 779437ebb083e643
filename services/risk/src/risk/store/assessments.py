"""What was decided about each order: rows are added, never changed."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_new_rows, insert_rows
from risk.domain.assessment import Arm, Assessment
from risk.domain.decision import Decision, Outcome
from risk.store import reasons
from risk.store.tables import assessment

_ALL_OF = (
    select(assessment)
    .where(assessment.c.order_id == bindparam("order_ids", type_=ARRAY(Uuid)).any_())
    .order_by(assessment.c.decision_no)
)


async def add_first(connection: AsyncConnection, decided: Sequence[Assessment]) -> frozenset[UUID]:
    """Store the first decision of each order; return the orders that had none before.

    Waits for another transaction that is deciding one of them. In the order of ids, so that two
    batches cannot wait for each other.
    """
    ordered = sorted(decided, key=lambda a: a.order_id)
    columns = _columns(ordered)
    return frozenset(await insert_new_rows(connection, assessment, columns, returning="order_id"))


async def add(connection: AsyncConnection, decided: Sequence[Assessment]) -> None:
    """Store later decisions; of one order, the caller keeps others from deciding meanwhile."""
    await insert_rows(connection, assessment, _columns(decided))


async def latest(
    connection: AsyncConnection, order_ids: Collection[UUID]
) -> dict[UUID, Assessment]:
    """Return the decision in force for each of the orders that has one."""
    if not order_ids:
        return {}
    rows = await connection.execute(_ALL_OF, {"order_ids": list(order_ids)})
    return {row.order_id: assessment_of(row) for row in rows}  # a later decision replaces


async def history(connection: AsyncConnection, order_id: UUID) -> list[Assessment]:
    """Return every decision about the order, the first one first."""
    rows = await connection.execute(_ALL_OF, {"order_ids": [order_id]})
    return [assessment_of(row) for row in rows]


def _columns(decided: Sequence[Assessment]) -> dict[str, list[Any]]:
    return {
        "order_id": [a.order_id for a in decided],
        "decision_no": [a.decision_no for a in decided],
        "outcome": [a.decision.outcome.value for a in decided],
        "reasons": [reasons.written(a.decision.reasons) for a in decided],
        "ruleset": [a.ruleset for a in decided],
        "decided_at": [a.decided_at for a in decided],
        "decided_by": [a.decided_by for a in decided],
        "arm": [a.arm.value for a in decided],
        "took_micros": [a.took_micros for a in decided],
        "unanswered": [a.unanswered for a in decided],
        "degraded": [json.dumps(a.decision.degraded) for a in decided],
        "await_recheck": [a.decision.await_recheck for a in decided],
    }


def assessment_of(row: Row[Any]) -> Assessment:
    decision = Decision(
        Outcome(row.outcome), reasons.read(row.reasons), tuple(row.degraded), row.await_recheck
    )
    return Assessment(
        order_id=row.order_id,
        decision_no=row.decision_no,
        decision=decision,
        ruleset=row.ruleset,
        arm=Arm(row.arm),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        took_micros=row.took_micros,
        unanswered=row.unanswered,
    )
