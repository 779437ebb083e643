"""Rule sets as published: immutable, and named by what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from risk.store.tables import ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    id: str
    document: Mapping[str, Any]
    author: str
    reason: str
    created_at: datetime


async def add(connection: AsyncConnection, record: Record) -> bool:
    """Store the rule set; False where it was there already."""
    statement = (
        insert(ruleset)
        .values(
            id=record.id,
            document=dict(record.document),
            author=record.author,
            reason=record.reason,
            created_at=record.created_at,
        )
        .on_conflict_do_nothing()
        .returning(ruleset.c.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def find(connection: AsyncConnection, ruleset_id: str) -> Record | None:
    rows = await connection.execute(select(ruleset).where(ruleset.c.id == ruleset_id))
    row = rows.mappings().one_or_none()
    return None if row is None else Record(**row)


async def page(connection: AsyncConnection, after: str | None, limit: int) -> list[Record]:
    """Return rule sets, the newest first."""
    statement = select(ruleset).limit(limit)
    statement = statement.order_by(ruleset.c.created_at.desc(), ruleset.c.id.desc())
    if after is not None:
        last = select(ruleset.c.created_at, ruleset.c.id).where(ruleset.c.id == after)
        place = tuple_(ruleset.c.created_at, ruleset.c.id)
        statement = statement.where(place < last.scalar_subquery())
    return [Record(**row) for row in (await connection.execute(statement)).mappings()]
