"""Statements imported, and what became of their money so far."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, exists, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import insert_rows
from reconciliation.store.tables import (
    difference,
    match,
    statement,
    statement_line,
    statement_total,
)


class TotalView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    currency: str
    in_minor: int
    out_minor: int


class StatementHead(BaseModel):
    """What was imported; it never changes."""

    statement_id: UUID
    source: str
    name: str
    sha256: str
    imported_at: datetime
    imported_by: str
    lines: int
    first_at: datetime | None
    last_at: datetime | None
    totals: list[TotalView]


class FoundView(BaseModel):
    """How many orders do not agree with what was received, and how many lines count nowhere."""

    short: int
    over: int
    unknown: int
    repeated: int


class StatementView(StatementHead):
    """A statement with what became of it until now."""

    matched: int
    differences: FoundView


async def claim_source(connection: AsyncConnection, source: str) -> None:
    """Let one import of a source at a time go on, so that each sees the lines of those before."""
    lock = text("select pg_advisory_xact_lock(hashtextextended('statement source ' || :source, 0))")
    await connection.execute(lock, {"source": source})


async def find_file(connection: AsyncConnection, source: str, sha256: bytes) -> UUID | None:
    same = (statement.c.source == source, statement.c.sha256 == sha256)
    found = await connection.execute(select(statement.c.statement_id).where(*same))
    return found.scalar_one_or_none()


async def add(
    connection: AsyncConnection,
    facts: Mapping[str, Any],
    totals: Mapping[str, tuple[int, int]],
) -> None:
    """Add a statement with its money in and out for each currency."""
    await connection.execute(insert(statement).values(**facts))
    columns = {
        "statement_id": [facts["statement_id"]] * len(totals),
        "currency": list(totals),
        "in_minor": [money_in for money_in, _ in totals.values()],
        "out_minor": [money_out for _, money_out in totals.values()],
    }
    await insert_rows(connection, statement_total, columns)


async def listed(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[StatementHead]:
    query = select(statement).order_by(statement.c.statement_id).limit(limit)
    if after is not None:
        query = query.where(statement.c.statement_id > after)
    return await _heads(connection, query)


async def find(connection: AsyncConnection, statement_id: UUID) -> StatementView | None:
    query = select(statement).where(statement.c.statement_id == statement_id)
    heads = await _heads(connection, query)
    if not heads:
        return None
    counts = (await connection.execute(_counts(statement_id))).one()
    unequal = await _unequal_orders(connection, statement_id)
    found = FoundView(
        short=unequal.get("short", 0),
        over=unequal.get("over", 0),
        unknown=counts.unknown,
        repeated=counts.repeated,
    )
    return StatementView(**heads[0].model_dump(), matched=counts.matched, differences=found)


def _counts(statement_id: UUID) -> Select[*tuple[Any, ...]]:
    """Count lines: every one is matched, unknown or repeated."""
    is_matched = exists().where(match.c.line_id == statement_line.c.line_id)
    repeated = statement_line.c.repeated
    return select(
        func.count().filter(is_matched).label("matched"),
        func.count().filter(~repeated, ~is_matched).label("unknown"),
        func.count().filter(repeated).label("repeated"),
    ).where(statement_line.c.statement_id == statement_id)


async def _unequal_orders(connection: AsyncConnection, statement_id: UUID) -> dict[str, int]:
    orders = (
        select(match.c.order_id)
        .join(statement_line, statement_line.c.line_id == match.c.line_id)
        .where(statement_line.c.statement_id == statement_id)
    )
    kind = difference.c.kind
    rows = await connection.execute(
        select(kind, func.count().label("orders"))
        .where(difference.c.family == "order", difference.c.order_id.in_(orders))
        .group_by(kind)
    )
    return {row.kind: row.orders for row in rows}


async def _heads(
    connection: AsyncConnection, query: Select[*tuple[Any, ...]]
) -> list[StatementHead]:
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    totals = await _totals(connection, [row["statement_id"] for row in rows])
    return [
        StatementHead(
            **{**row, "sha256": row["sha256"].hex(), "totals": totals.get(row["statement_id"], [])}
        )
        for row in rows
    ]


async def _totals(
    connection: AsyncConnection, statement_ids: Sequence[UUID]
) -> dict[UUID, list[TotalView]]:
    rows = await connection.execute(
        select(statement_total)
        .where(statement_total.c.statement_id.in_(statement_ids))
        .order_by(statement_total.c.currency)
    )
    totals: dict[UUID, list[TotalView]] = {}
    for row in rows:
        totals.setdefault(row.statement_id, []).append(TotalView.model_validate(row))
    return totals
