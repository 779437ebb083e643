"""Quarantined orders whose deadline has passed, and which of them were announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.domain.validation import Reason
from ingest.store.documents import as_text, read_reasons
from ingest.store.quarantine import OPEN_COUNTED_MAX
from ingest.store.tables import quarantine, sales_order


@dataclass(frozen=True, slots=True)
class Overdue:
    order_id: UUID
    channel: str
    shop: str
    owner: str | None
    opened_at: datetime
    reasons: tuple[Reason, ...]


async def count(connection: AsyncConnection, opened_before: datetime) -> int:
    """Return how many wait since before then; what is more than can be counted quickly is not."""
    waits = (quarantine.c.resolved_at.is_(None), quarantine.c.opened_at <= opened_before)
    some = select(quarantine.c.order_id).where(*waits).limit(OPEN_COUNTED_MAX)
    counted = select(func.count()).select_from(some.subquery())
    return int((await connection.execute(counted)).scalar_one())


async def take_unannounced(
    connection: AsyncConnection, opened_before: datetime, now: datetime, *, limit: int
) -> Sequence[Overdue]:
    """Mark some as announced and return them; what another worker has in hand is left to it."""
    due = (
        select(
            quarantine.c.order_id,
            sales_order.c.channel,
            sales_order.c.shop,
            quarantine.c.owner,
            quarantine.c.opened_at,
            as_text(quarantine.c.reasons),
        )
        .join(sales_order, sales_order.c.order_id == quarantine.c.order_id)
        .where(
            quarantine.c.resolved_at.is_(None),
            quarantine.c.overdue_at.is_(None),
            quarantine.c.opened_at <= opened_before,
        )
        .order_by(quarantine.c.opened_at)
        .limit(limit)
        .with_for_update(of=quarantine, skip_locked=True)
    )
    found = [
        Overdue(r.order_id, r.channel, r.shop, r.owner, r.opened_at, read_reasons(r.reasons))
        for r in await connection.execute(due)
    ]
    if found:
        ids = [one.order_id for one in found]
        marked = update(quarantine).where(quarantine.c.order_id.in_(ids)).values(overdue_at=now)
        await connection.execute(marked)
    return found
