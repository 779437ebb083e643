"""What each shop sold in an hour, by its channel's own list, and what of it is here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.store.pull_tables import completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    channel: str
    shop: str
    begins_at: datetime
    ends_at: datetime
    sold: int
    """Orders that the channel lists: those that were placed or changed in the hour."""
    received: int
    """Those of them that were here when it was checked."""
    quarantined: int
    missing: int
    """Those that are not here yet."""
    late: int
    """Those that came because the check had found them missing."""
    checked_at: datetime


_COLUMNS = [completeness.c[name] for name in Hour.__dataclass_fields__]


async def note(connection: AsyncConnection, hour: Hour) -> None:
    """Keep the result; of an hour that is checked again, what came late before is kept."""
    values = {name: getattr(hour, name) for name in Hour.__dataclass_fields__}
    statement = insert(completeness).values(**values)
    again = {name: statement.excluded[name] for name in values if name != "late"}
    key = ["channel", "shop", "begins_at"]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=again))


async def came(connection: AsyncConnection, channel: str, shop: str, begins_at: datetime) -> None:
    """Note that an order that was missing is here."""
    statement = update(completeness).where(
        completeness.c.channel == channel,
        completeness.c.shop == shop,
        completeness.c.begins_at == begins_at,
    )
    counts = {
        "missing": func.greatest(completeness.c.missing - 1, 0),
        "late": completeness.c.late + 1,
    }
    await connection.execute(statement.values(**counts))


async def listed(
    connection: AsyncConnection,
    *,
    channel: str | None,
    shop: str | None,
    since: datetime,
    limit: int,
) -> list[Hour]:
    """Return hours that began at or after this time, the newest first."""
    statement = (
        select(*_COLUMNS)
        .where(completeness.c.begins_at >= since)
        .order_by(completeness.c.begins_at.desc(), completeness.c.channel, completeness.c.shop)
        .limit(limit)
    )
    if channel is not None:
        statement = statement.where(completeness.c.channel == channel)
    if shop is not None:
        statement = statement.where(completeness.c.shop == shop)
    rows = await connection.execute(statement)
    return [Hour(**row) for row in rows.mappings()]


async def missing(connection: AsyncConnection) -> dict[str, int]:
    """Return how many orders of each channel are known to be missing."""
    columns = (completeness.c.channel, func.sum(completeness.c.missing).label("orders"))
    statement = select(*columns).group_by(completeness.c.channel)
    return {row.channel: int(row.orders) for row in await connection.execute(statement)}
