"""A file comes in: looked at as a whole, kept if it can be read, and left to the worker."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import BinaryIO
from uuid import UUID

from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict, FieldError, NotFound, Unprocessable
from common.ids import new_id
from ingest.domain.files.format import FileFormat
from ingest.domain.files.progress import Stage
from ingest.files.opening import Look, look_at, opened
from ingest.files.problems import UnreadableFile
from ingest.store import imports
from ingest.store.imports import NewImport

PARTS = ("file", "items")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in."""

    name: str
    content: BinaryIO
    bytes: int


@dataclass(frozen=True, slots=True)
class Handed:
    """What a form says."""

    format: FileFormat
    place: tuple[str, str]
    """Channel and shop."""
    files: tuple[Upload, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """Files that can be read."""

    looks: tuple[Look, ...]
    sha256: bytes
    """Of all of them."""


def look(handed: Handed) -> Looked:
    """Find out whether the files are in the format; it takes a moment, and a thread.

    Raises:
        Unprocessable: one is not; the error names it and says why.
    """
    looks = []
    digest = hashlib.sha256()
    for part, (file, table) in enumerate(zip(handed.files, handed.format.tables, strict=True)):
        try:
            found = look_at(file.content)
            opened(file.content, found, table, part)
        except UnreadableFile as error:
            raise refused(PARTS[part], error.code, str(error)) from None
        looks.append(found)
        file.content.seek(0)
        digest.update(b"%d\n" % file.bytes)
        while piece := file.content.read(_PIECE):
            digest.update(piece)
    return Looked(tuple(looks), digest.digest())


def refused(field: str, code: str, message: str) -> Unprocessable:
    wrong = FieldError(field=field, code=code, message=message)
    return Unprocessable(f"{field}: {message}", errors=[wrong])


async def submit(work: Work, handed: Handed, looked: Looked, *, by: str) -> UUID:
    """Keep the files; the worker takes their orders in."""
    import_id = new_id()
    fmt, files, (channel, shop) = handed.format, handed.files, handed.place
    new = NewImport(
        import_id=import_id,
        format=fmt.name,
        channel=channel,
        shop=shop,
        names=[file.name for file in files],
        looks=[asdict(one) for one in looked.looks],
        bytes=sum(file.bytes for file in files),
        imported_by=by,
    )
    await imports.add(work.connection, new, [file.content for file in files], work.now)
    after = {"format": fmt.name, "channel": channel, "shop": shop, "sha256": looked.sha256.hex()}
    _record(work, by, "import.submitted", import_id, after)
    return import_id


async def stop(work: Work, import_id: UUID, *, by: str, reason: str) -> None:
    """End an import where it is; what was taken in stays, and the files are forgotten.

    Raises:
        NotFound: there is none.
        Conflict: it has ended.
    """
    progress = await imports.find(work.connection, import_id, lock=True)
    if progress is None:
        raise NotFound(f"There is no import {import_id}.")
    if progress.has_ended:
        raise Conflict(f"The import is {progress.state} already.")
    await imports.end(work.connection, import_id, Stage.STOPPED)
    done = {"orders": progress.orders_done, "orders_found": progress.orders_found}
    _record(work, by, "import.stopped", import_id, done, reason)


def _record(  # noqa: PLR0913, PLR0917 - as many as an operation has
    work: Work, by: str, action: str, import_id: UUID, after: Mapping[str, object], reason: str = ""
) -> None:
    subject = ("import", import_id)
    record(work, actor=by, action=action, subject=subject, after=dict(after), reason=reason)
