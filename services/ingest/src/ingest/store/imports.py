"""Files of orders and how far each is; whoever works on one holds a claim that runs out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.domain.files.progress import Progress, Stage
from ingest.store.tables import file_import, import_chunk, import_order, import_row

CHUNK_BYTES = 1024 * 1024
_HIDDEN = ("looks", "claimed_by", "claimed_until")
_COLUMNS = tuple(column for column in file_import.c if column.name not in _HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    import_id: UUID
    format: str
    channel: str
    shop: str
    names: Sequence[str]
    looks: Sequence[dict[str, str]]
    """How each file is written."""
    bytes: int
    imported_by: str


async def add(
    connection: AsyncConnection, new: NewImport, files: Sequence[BinaryIO], now: Any
) -> None:
    """Keep the files, piece by piece: none is ever in memory whole."""
    values = {
        "import_id": new.import_id,
        "format": new.format,
        "channel": new.channel,
        "shop": new.shop,
        "names": list(new.names),
        "looks": list(new.looks),
        "bytes": new.bytes,
        "imported_by": new.imported_by,
        "submitted_at": now,
        "state": Stage.WAITING,
    }
    await connection.execute(insert(file_import).values(values))
    for part, file in enumerate(files):
        for number, content in enumerate(_pieces(file)):
            row = {
                "import_id": new.import_id,
                "part": part,
                "number": number,
                "content": content,
            }
            await connection.execute(insert(import_chunk), row)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while content := file.read(CHUNK_BYTES):
        yield content


async def piece(
    connection: AsyncConnection, import_id: UUID, part: int, number: int
) -> bytes | None:
    """Return one piece of a file; None behind its end."""
    statement = select(import_chunk.c.content).where(
        import_chunk.c.import_id == import_id,
        import_chunk.c.part == part,
        import_chunk.c.number == number,
    )
    found: bytes | None = await connection.scalar(statement)
    return found


async def looks(connection: AsyncConnection, import_id: UUID) -> list[dict[str, str]]:
    statement = select(file_import.c.looks).where(file_import.c.import_id == import_id)
    return list(await connection.scalar(statement) or [])


async def claim(connection: AsyncConnection, claimer: UUID, lease: timedelta) -> Progress | None:
    """Take the oldest import that has not ended and that nobody works on."""
    free = (
        select(file_import.c.import_id)
        .where(file_import.c.ended_at.is_(None), file_import.c.claimed_until < func.now())
        .order_by(file_import.c.import_id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(file_import)
        .where(file_import.c.import_id == free)
        .values(claimed_by=claimer, claimed_until=func.now() + lease)
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _progress(row)


async def hold(
    connection: AsyncConnection, import_id: UUID, claimer: UUID, lease: timedelta
) -> Progress | None:
    """Keep the claim, and the import from changing until the transaction ends.

    None: it has ended, or somebody else works on it now.
    """
    statement = (
        update(file_import)
        .where(
            file_import.c.import_id == import_id,
            file_import.c.claimed_by == claimer,
            file_import.c.ended_at.is_(None),
        )
        .values(claimed_until=func.now() + lease)
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _progress(row)


async def let_go(connection: AsyncConnection, claimer: UUID) -> None:
    """Give back what this one works on, so that others need not wait for the claim to run out."""
    await connection.execute(
        update(file_import)
        .where(file_import.c.claimed_by == claimer, file_import.c.ended_at.is_(None))
        .values(claimed_until=func.now())
    )


async def move(connection: AsyncConnection, import_id: UUID, **values: Any) -> None:
    """Set how far it is."""
    await connection.execute(
        update(file_import).where(file_import.c.import_id == import_id).values(**values)
    )


async def end(
    connection: AsyncConnection, import_id: UUID, state: Stage, failure: str | None = None
) -> None:
    """End it, and forget the files: they are full of personal data."""
    await move(connection, import_id, state=state, ended_at=func.now(), failure=failure)
    for table in (import_chunk, import_row, import_order):
        await connection.execute(delete(table).where(table.c.import_id == import_id))


async def find(
    connection: AsyncConnection, import_id: UUID, *, lock: bool = False
) -> Progress | None:
    statement = select(*_COLUMNS).where(file_import.c.import_id == import_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _progress(row)


async def listed(connection: AsyncConnection, *, before: UUID | None, limit: int) -> list[Progress]:
    """Return imports, the newest first."""
    statement = select(*_COLUMNS).order_by(file_import.c.import_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(file_import.c.import_id < before)
    return [_progress(row) for row in await connection.execute(statement)]


def _progress(row: Row[Any]) -> Progress:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's names
    return Progress(**{**values, "names": tuple(values["names"]), "state": Stage(values["state"])})
