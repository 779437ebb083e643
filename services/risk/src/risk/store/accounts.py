"""What was decided, order by order, for those who audit all services against each other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, RowMapping, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.spans import Span
from risk.domain.assessment import FIRST
from risk.domain.features import POSITIONS
from risk.store.feature_tables import feature_snapshot
from risk.store.tables import assessment


async def page(connection: AsyncConnection, span: Span) -> Sequence[RowMapping]:
    """Return the accounts of a span in the order of order ids.

    The amount is what the first decision was made on; it is gone when that is kept no more.
    """
    decided = (
        select(
            assessment.c.order_id,
            _last(assessment.c.outcome).label("state"),
            func.max(assessment.c.decision_no).label("decision_no"),
            func.count().label("decisions"),
            func.max(assessment.c.decided_at).label("changed_at"),
        )
        .where(*span.holds(assessment.c.order_id))
        .group_by(assessment.c.order_id)
        .order_by(assessment.c.order_id)
        .limit(span.limit)
        .subquery("decided")
    )
    snapshot = feature_snapshot.c
    first = (snapshot.order_id == decided.c.order_id) & (snapshot.decision_no == FIRST)
    statement = (
        select(
            decided,
            _feature("order.currency").label("currency"),
            cast(_feature("order.payable_minor"), BigInteger).label("amount_minor"),
        )
        .select_from(decided.outerjoin(feature_snapshot, first))
        .order_by(decided.c.order_id)
    )
    rows: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return rows


def _last(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the column's value in the last decision."""
    latest_first = aggregate_order_by(column, assessment.c.decision_no.desc())
    return func.array_agg(latest_first)[1]


def _feature(name: str) -> ColumnElement[str]:
    position: ColumnElement[str] = feature_snapshot.c["values"][POSITIONS[name]].as_string()
    return position
