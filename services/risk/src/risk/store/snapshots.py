"""What a decision was made on: kept as long as the event log, for backtests and explanations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import ARRAY, Row, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_rows
from common.ids import first_id_at
from risk.domain.features import Vector, padded
from risk.store.feature_tables import feature_snapshot


@dataclass(frozen=True, slots=True)
class Snapshot:
    order_id: UUID
    decision_no: int
    version: int
    """Of the list of features."""
    values: Vector
    results: Mapping[str, Any]
    """Check -> what it answered, for slow checks that did."""


_ALL_OF = (
    select(feature_snapshot)
    .where(
        feature_snapshot.c.order_id
        == bindparam("order_ids", type_=ARRAY(Uuid, dimensions=1)).any_()
    )
    .order_by(feature_snapshot.c.decision_no)
)


async def add(connection: AsyncConnection, snapshots: Sequence[Snapshot]) -> None:
    columns: dict[str, list[Any]] = {
        "order_id": [s.order_id for s in snapshots],
        "decision_no": [s.decision_no for s in snapshots],
        "version": [s.version for s in snapshots],
        "values": [to_json(s.values).decode() for s in snapshots],
        "results": [to_json(s.results).decode() if s.results else "{}" for s in snapshots],
    }
    await insert_rows(connection, feature_snapshot, columns)


async def of_order(connection: AsyncConnection, order_id: UUID) -> list[Snapshot]:
    """Return the snapshots of each decision, the first one first."""
    rows = await connection.execute(_ALL_OF, {"order_ids": [order_id]})
    return [_snapshot(row) for row in rows]


async def latest(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, Snapshot]:
    """Return what the last decision about each order was made on, where it is still known."""
    if not order_ids:
        return {}
    rows = await connection.execute(_ALL_OF, {"order_ids": list(order_ids)})
    return {row.order_id: _snapshot(row) for row in rows}  # a later decision replaces


async def recent(connection: AsyncConnection, limit: int, since: datetime) -> list[Snapshot]:
    """Return the newest snapshots of orders received since, the newest order first."""
    column = feature_snapshot.c
    rows = await connection.execute(
        select(feature_snapshot)
        .where(column.order_id >= first_id_at(since))
        .order_by(column.order_id.desc(), column.decision_no.desc())
        .limit(limit)
    )
    return [_snapshot(row) for row in rows]


def _snapshot(row: Row[Any]) -> Snapshot:
    """Read one; `values` is also the name of a method of rows."""
    stored = row._mapping  # noqa: SLF001 - the public way to columns by name
    return Snapshot(
        row.order_id,
        row.decision_no,
        row.version,
        padded(stored["values"]),
        row.results,
    )
