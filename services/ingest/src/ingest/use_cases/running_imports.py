"""The worker's chore: files of orders, batch by batch, from where the last batch ended."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import BinaryIO, cast
from uuid import UUID

import structlog

from common.database import faults
from common.database.work import Work
from common.ids import new_id
from common.service import Runtime
from ingest.domain.files.format import FileFormat
from ingest.domain.files.progress import Progress, Stage
from ingest.domain.files.sheet import CheckedRow
from ingest.files.opening import Look, opened
from ingest.files.problems import UnreadableFile
from ingest.mappings.file_formats import file_format
from ingest.store import imports
from ingest.use_cases.measures import ImportMeasures
from ingest.use_cases.taking_imports import (
    ORDERS_AT_ONCE,
    ROWS_AT_ONCE,
    Done,
    find_orders,
    keep_rows,
    refuse_next,
    take_orders,
)

PAUSE_SECONDS = 1.0
MEMORY_BYTES_MAX = 1024 * 1024
"""Of a file while it is read; what is more lies on the disk."""

log = structlog.get_logger()


class NotMine(Exception):  # noqa: N818 - says what is the case
    """The import has ended, or another worker goes on with it."""


@dataclass
class Importing:
    """One worker's."""

    runtime: Runtime
    measures: ImportMeasures
    lease: timedelta
    claimer: UUID = field(default_factory=new_id)

    async def keep_on(self) -> None:
        """Take imports in, one at a time, until cancelled."""
        try:
            while True:
                if not await self._one():
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            with suppress(Exception):  # then the claim runs out
                async with self.runtime.works.begin() as work:
                    await imports.let_go(work.connection, self.claimer)

    async def _one(self) -> bool:
        """Bring one import as far as it goes; tell whether there was one."""
        progress = None
        try:
            async with self.runtime.works.begin() as work:
                progress = await imports.claim(work.connection, self.claimer, self.lease)
            if progress is None:
                return False
            await self._through(progress)
        except NotMine:
            return True
        except Exception as error:  # noqa: BLE001 - must not end the worker; it is tried again
            log.warning(
                "import.interrupted",
                import_id=progress and str(progress.import_id),
                error=faults.describe(error),
            )
            return False
        return True

    async def _through(self, progress: Progress) -> None:
        try:
            fmt = _format(progress.format)
            if progress.orders_found is None:
                await self._read(progress, fmt)
        except UnreadableFile as error:
            async with self.runtime.works.begin() as work:
                await self._held(work, progress.import_id)
                failure = f"{error.code}: {error}"
                await imports.end(work.connection, progress.import_id, Stage.FAILED, failure)
            return
        await self._take(progress.import_id, fmt)

    async def _read(self, progress: Progress, fmt: FileFormat) -> None:
        """Bring the rows of all files into the database, from where the last batch ended."""
        import_id = progress.import_id
        async with self.runtime.works.begin() as work:
            looks = [Look(**look) for look in await imports.looks(work.connection, import_id)]
        for part in range(progress.part, len(fmt.tables)):
            with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX) as spooled:
                file = cast(BinaryIO, spooled)
                await self._fetch(import_id, part, file)
                after = progress.row_no if part == progress.part else 0
                rows = await asyncio.to_thread(_rows, file, looks[part], fmt, part, after)
                while batch := await asyncio.to_thread(_next, rows):
                    async with self.runtime.works.begin() as work:
                        held = await self._held(work, import_id)
                        await keep_rows(work, held, part, batch)
                    self.measures.rows("unreadable", sum(bool(row.faults) for row in batch))
        async with self.runtime.works.begin() as work:
            await find_orders(work, await self._held(work, import_id))

    async def _fetch(self, import_id: UUID, part: int, file: BinaryIO) -> None:
        number = 0
        while True:
            async with self.runtime.works.begin() as work:
                await self._held(work, import_id)
                content = await imports.piece(work.connection, import_id, part, number)
            if content is None:
                return
            await asyncio.to_thread(file.write, content)
            number += 1

    async def _take(self, import_id: UUID, fmt: FileFormat) -> None:
        """Take in the orders, batch by batch; one that cannot be stored is found out alone."""
        limit = ORDERS_AT_ONCE
        while True:
            try:
                done = await self._batch(import_id, fmt, limit)
            except Exception as error:
                if isinstance(error, NotMine) or faults.is_away(error):
                    raise
                if faults.is_collision(error):  # the same again will work
                    continue
                log.warning("import.batch_failed", error=faults.describe(error), orders=limit)
                if limit > 1:
                    limit = 1
                    continue
                done = await self._refuse(import_id)
            limit = min(ORDERS_AT_ONCE, limit * 2)
            self._count(done)
            if not done.orders:
                return

    def _count(self, done: Done) -> None:
        for outcome, rows in done.rows.items():
            self.measures.rows(outcome, rows)

    async def _batch(self, import_id: UUID, fmt: FileFormat, limit: int) -> Done:
        async with self.runtime.works.begin() as work:
            done = await take_orders(work, fmt, await self._held(work, import_id), limit)
        self.runtime.relay.offer(work.announced)
        return done

    async def _refuse(self, import_id: UUID) -> Done:
        async with self.runtime.works.begin() as work:
            return await refuse_next(work, await self._held(work, import_id))

    async def _held(self, work: Work, import_id: UUID) -> Progress:
        held = await imports.hold(work.connection, import_id, self.claimer, self.lease)
        if held is None:
            raise NotMine
        return held


def _format(name: str) -> FileFormat:
    fmt = file_format(name)
    if fmt is None:
        raise UnreadableFile("no_format", "There is no such format any more.")
    return fmt


def _rows(
    file: BinaryIO, look: Look, fmt: FileFormat, part: int, after: int
) -> Iterator[CheckedRow]:
    """Read what follows this row; empty rows say nothing."""
    found = opened(file, look, fmt.tables[part], part)
    return (
        found.layout.check(row) for row in found.rows if row.number > after and not row.is_empty
    )


def _next(rows: Iterator[CheckedRow]) -> list[CheckedRow]:
    return list(islice(rows, ROWS_AT_ONCE))


async def keep_importing(runtime: Runtime, lease: timedelta) -> None:
    """Take files of orders in, until cancelled."""
    measures = ImportMeasures(runtime.metrics.registry)
    await Importing(runtime, measures, lease).keep_on()
