"""Published mappings, which never change, and which of them was in force when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.store.documents import as_json, as_text
from ingest.store.tables import mapping, mapping_change

EVERY_SHOP = ""
"""In place of a shop: all shops of the channel that have no mapping of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    mapping_id: UUID
    channel: str
    shop: str
    document: str
    """As JSON."""
    published_by: str
    published_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From then on this mapping was in force; none: the one that comes with Sluice."""

    change_id: UUID
    channel: str
    shop: str
    mapping_id: UUID | None
    changed_by: str
    changed_at: datetime
    reason: str


async def publish(connection: AsyncConnection, new: Published) -> None:
    await connection.execute(
        mapping.insert().values(
            mapping_id=new.mapping_id,
            channel=new.channel,
            shop=new.shop,
            document=as_json(new.document),
            published_by=new.published_by,
            published_at=new.published_at,
            reason=new.reason,
        )
    )


async def find(connection: AsyncConnection, mapping_id: UUID) -> Published | None:
    statement = _published().where(mapping.c.mapping_id == mapping_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _read(row)


async def listed(
    connection: AsyncConnection, channel: str, shop: str, *, limit: int
) -> list[Published]:
    """Return those of one channel and shop, the newest first."""
    here = (mapping.c.channel == channel, mapping.c.shop == shop)
    statement = _published().where(*here).order_by(mapping.c.mapping_id.desc()).limit(limit)
    return [_read(row) for row in await connection.execute(statement)]


async def change(connection: AsyncConnection, new: Change) -> None:
    await connection.execute(
        mapping_change.insert().values(
            change_id=new.change_id,
            channel=new.channel,
            shop=new.shop,
            mapping_id=new.mapping_id,
            changed_by=new.changed_by,
            changed_at=new.changed_at,
            reason=new.reason,
        )
    )


async def in_force(connection: AsyncConnection) -> list[Change]:
    """Return the last change of each channel and shop."""
    here = (mapping_change.c.channel, mapping_change.c.shop)
    statement = (
        select(mapping_change)
        .ext(distinct_on(*here))
        .order_by(*here, mapping_change.c.change_id.desc())
    )
    return [_change(row) for row in await connection.execute(statement)]


async def changes(
    connection: AsyncConnection, channel: str, shop: str, *, limit: int
) -> list[Change]:
    """Return what was in force at one channel and shop, the newest first."""
    here = (mapping_change.c.channel == channel, mapping_change.c.shop == shop)
    statement = (
        select(mapping_change).where(*here).order_by(mapping_change.c.change_id.desc()).limit(limit)
    )
    return [_change(row) for row in await connection.execute(statement)]


async def lock(connection: AsyncConnection) -> Sequence[Change]:
    """Read what is in force and keep others from changing it until the transaction ends."""
    await connection.exec_driver_sql("lock table ingest.mapping_change in exclusive mode")
    return await in_force(connection)


def _published() -> Any:
    columns = (c for c in mapping.c if c.name != "document")
    return select(*columns, as_text(mapping.c.document))


def _read(row: Row[Any]) -> Published:
    return Published(**row._mapping)  # noqa: SLF001 - the public way to columns by name


def _change(row: Row[Any]) -> Change:
    return Change(**row._mapping)  # noqa: SLF001 - the public way to columns by name
