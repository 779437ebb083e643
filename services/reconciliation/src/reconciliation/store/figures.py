"""What does not agree, added up for gauges: lately, so that it stays quick."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from common.ids import first_id_at
from reconciliation.domain.differences import Kind
from reconciliation.store.tables import difference

LATELY = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Open:
    """The findings of one kind in one currency."""

    kind: Kind
    currency: str
    count: int
    minor: int
    """Their amounts, added up whatever their sign."""


async def open_differences(connection: AsyncConnection, now: datetime) -> list[Open]:
    """Add up the findings about orders and lines of the last 31 days."""
    d = difference.c
    minor = cast(func.sum(func.abs(d.difference_minor)), BigInteger).label("minor")
    # Both kinds of ids begin with their time, so the bound reaches the indexes.
    rows = await connection.execute(
        select(d.kind, d.currency, func.count().label("findings"), minor)
        .where(d.subject_id >= first_id_at(now - LATELY))
        .group_by(d.kind, d.currency)
    )
    return [Open(Kind(r.kind), r.currency, r.findings, r.minor) for r in rows]
