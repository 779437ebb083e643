"""Orders that may not enter yet: why, who corrected what, and how it ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Row, cast, exists, func, insert, select, update
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
    owner: str | None = None
    """Who looks after it."""
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a quarantine ended: released, discarded or merged, by whom and why."""

    resolution: str
    resolved_by: str
    resolved_at: datetime
    reason: str
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which quarantined orders are asked for."""

    resolved: bool = False
    reason: str | None = None
    """A code that is among the reasons."""
    channel: str | None = None
    owner: str | None = None
    after: UUID | None = None


async def open_all(
    connection: AsyncConnection, reasons: Mapping[UUID, Sequence[Reason]], now: datetime
) -> None:
    columns: Columns = {
        "order_id": list(reasons),
        "reasons": [reasons_json(r) for r in reasons.values()],
        "opened_at": [now] * len(reasons),
    }
    await insert_rows(connection, quarantine, columns)


async def listed(connection: AsyncConnection, wanted: Wanted, *, limit: int) -> list[Quarantined]:
    """Return quarantined orders by arrival."""
    statement = _select().where(*_conditions(wanted)).order_by(quarantine.c.order_id).limit(limit)
    return [_quarantined(row) for row in await connection.execute(statement)]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    resolved_at = quarantine.c.resolved_at
    yield resolved_at.is_not(None) if wanted.resolved else resolved_at.is_(None)
    if wanted.channel is not None:
        yield sales_order.c.channel == wanted.channel
    if wanted.owner is not None:
        yield quarantine.c.owner == wanted.owner
    if wanted.after is not None:
        yield quarantine.c.order_id > wanted.after
    if wanted.reason is not None:
        each = func.json_array_elements(quarantine.c.reasons).table_valued("value").lateral("each")
        code = cast(each.c.value, JSON)["code"].as_string()
        yield exists().select_from(each).where(code == wanted.reason)


async def count_open(connection: AsyncConnection) -> int:
    """Return how many orders wait; what is more than can be counted quickly is not counted."""
    some = select(quarantine.c.order_id).where(quarantine.c.resolved_at.is_(None))
    counted = select(func.count()).select_from(some.limit(OPEN_COUNTED_MAX).subquery())
    return int((await connection.execute(counted)).scalar_one())


async def assign(connection: AsyncConnection, order_id: UUID, owner: str | None) -> None:
    await connection.execute(
        update(quarantine).where(quarantine.c.order_id == order_id).values(owner=owner)
    )


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
            merged_into=resolution.merged_into,
        )
    )


async def is_corrected(connection: AsyncConnection, order_id: UUID) -> bool:
    """Tell whether a person has changed the order."""
    found = select(correction.c.correction_id).where(correction.c.order_id == order_id)
    return bool(await connection.scalar(select(found.exists())))


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
        quarantine.c.owner,
        quarantine.c.merged_into,
    ).join(sales_order, sales_order.c.order_id == quarantine.c.order_id)


def _quarantined(row: Row[Any]) -> Quarantined:
    return Quarantined(
        row.order_id,
        read_draft(row.document),
        read_reasons(row.reasons),
        row.opened_at,
        row.resolution,
        row.owner,
        row.merged_into,
    )
