"""Orders that may not enter yet: why, who corrected what, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database.rows import Columns, insert_rows
from common.ids import new_id
from ingest.domain.draft import Draft
from ingest.domain.validation import Reason
from ingest.store.documents import (
    as_json,
    as_text,
    draft_json,
    read_draft,
    read_reasons,
    reasons_json,
)
from ingest.store.tables import correction, quarantine, sales_order

OPEN_COUNTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Quarantined:
    order_id: UUID
    draft: Draft
    reasons: tuple[Reason, ...]
    opened_at: datetime
    resolution: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a quarantine ended: released or discarded, by whom and why."""

    resolution: str
    resolved_by: str
    resolved_at: datetime
    reason: str


async def open_all(
    connection: AsyncConnection, reasons: Mapping[UUID, Sequence[Reason]], now: datetime
) -> None:
    columns: Columns = {
        "order_id": list(reasons),
        "reasons": [reasons_json(r) for r in reasons.values()],
        "opened_at": [now] * len(reasons),
    }
    await insert_rows(connection, quarantine, columns)


async def listed(
    connection: AsyncConnection, *, resolved: bool, after: UUID | None, limit: int
) -> list[Quarantined]:
    """Return quarantined orders by arrival."""
    state = (
        quarantine.c.resolved_at.is_not(None) if resolved else quarantine.c.resolved_at.is_(None)
    )
    statement = _select().where(state).order_by(quarantine.c.order_id).limit(limit)
    if after is not None:
        statement = statement.where(quarantine.c.order_id > after)
    return [_quarantined(row) for row in await connection.execute(statement)]


async def count_open(connection: AsyncConnection) -> int:
    """Return how many orders wait; what is more than can be counted quickly is not counted."""
    some = select(quarantine.c.order_id).where(quarantine.c.resolved_at.is_(None))
    counted = select(func.count()).select_from(some.limit(OPEN_COUNTED_MAX).subquery())
    return int((await connection.execute(counted)).scalar_one())


async def find(connection: AsyncConnection, order_id: UUID) -> Quarantined | None:
    row = (
        await connection.execute(_select().where(quarantine.c.order_id == order_id))
    ).one_or_none()
    return None if row is None else _quarantined(row)


async def save_reasons(
    connection: AsyncConnection, order_id: UUID, reasons: Sequence[Reason]
) -> None:
    await connection.execute(
        update(quarantine)
        .where(quarantine.c.order_id == order_id)
        .values(reasons=as_json(reasons_json(reasons)))
    )


async def resolve(connection: AsyncConnection, order_id: UUID, resolution: Resolution) -> None:
    await connection.execute(
        update(quarantine)
        .where(quarantine.c.order_id == order_id)
        .values(
            resolution=resolution.resolution,
            resolved_by=resolution.resolved_by,
            resolved_at=resolution.resolved_at,
            resolution_reason=resolution.reason,
        )
    )


async def record_correction(
    connection: AsyncConnection, order: tuple[UUID, Draft, Draft], by: str, now: datetime
) -> None:
    """Keep who changed what, from what, to what; `order` is its id, the draft before and after."""
    order_id, before, after = order
    await connection.execute(
        insert(correction).values(
            correction_id=new_id(),
            order_id=order_id,
            corrected_by=by,
            corrected_at=now,
            before=as_json(draft_json(before)),
            after=as_json(draft_json(after)),
        )
    )


def _select() -> Any:
    return select(
        quarantine.c.order_id,
        as_text(sales_order.c.document),
        as_text(quarantine.c.reasons),
        quarantine.c.opened_at,
        quarantine.c.resolution,
    ).join(sales_order, sales_order.c.order_id == quarantine.c.order_id)


def _quarantined(row: Row[Any]) -> Quarantined:
    return Quarantined(
        row.order_id,
        read_draft(row.document),
        read_reasons(row.reasons),
        row.opened_at,
        row.resolution,
    )
