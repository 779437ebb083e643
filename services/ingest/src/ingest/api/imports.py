"""Orders from files: hand one in, see how far it is, get the report, end it."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field, TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from common.contracts.event import Cause
from common.database.engine import Engine
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.edge import CLIENT_GONE
from common.http.idempotency import Once
from common.http.problems import NotFound, ProblemView, bad_input
from common.http.reading import Reading
from ingest.api.import_views import (
    FormatsView,
    ImportsView,
    ImportView,
    StopIn,
    SubmittedView,
    format_view,
    import_view,
)
from ingest.domain.files.faults import HEADER, Fault, Language, lines_of_report
from ingest.domain.files.format import FileFormat
from ingest.domain.files.progress import Progress
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE, legible
from ingest.files import template
from ingest.mappings.file_formats import FORMATS, canonical, file_format
from ingest.store import import_rows, imports
from ingest.use_cases import submitting_imports
from ingest.use_cases.submitting_imports import PARTS, Handed, Upload, look, refused

PATH = "/v1/imports"
FILES_BYTES_MAX = 50 * 1024 * 1024
BODY_BYTES_MAX = FILES_BYTES_MAX + 64 * 1024
"""The files, and what a form puts around them."""
NAME_LENGTH_MAX = 200
FAULTS_AT_ONCE = 1_000
_FIELDS = ("channel", "shop", "format")
_BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else

router = APIRouter(prefix=PATH, tags=["imports"])

Reader = Annotated[Principal, requires("ingest:read")]
Writer = Annotated[Principal, requires("ingest:write")]
Text = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView} for status in (404, 409, 413, 422)
}
_FILE = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", *_FIELDS],
                    "properties": {
                        "file": _FILE,
                        "items": _FILE,
                        "channel": {"type": "string"},
                        "shop": {"type": "string"},
                        "format": {"type": "string", "enum": list(FORMATS)},
                    },
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=202,
    response_model=SubmittedView,
    responses=_PROBLEMS,
    openapi_extra=_BODY,
)
async def submit_import(request: Request, principal: Writer, once: Once) -> Response:
    """Hand in a file of orders: it is looked at as a whole now, and taken in by the worker."""
    try:
        async with request.form(max_files=2, max_fields=4, max_part_size=4096) as form:
            handed = _handed(form)
            looked = await asyncio.to_thread(look, handed)

            async def command(work: Work, _: Cause) -> SubmittedView:
                by = principal.name
                import_id = await submitting_imports.submit(work, handed, looked, by=by)
                return SubmittedView(import_id=import_id)

            said = "\n".join((*handed.place, handed.format.name)).encode() + looked.sha256
            return await once.run(principal, command, status=202, content=said)
    except ClientDisconnect:
        return Response(status_code=CLIENT_GONE)
    except HTTPException as error:
        raise refused("body", "bad_form", f"The form cannot be read: {error.detail}") from None


def _handed(form: FormData) -> Handed:
    texts = {}
    for name in _FIELDS:
        given = form.get(name)
        if not isinstance(given, str) or not given.strip():
            raise refused(name, "missing", "Field required.")
        try:
            texts[name] = _TEXT.validate_python(given.strip())
        except ValidationError as error:
            raise bad_input(error, within=name) from None
    fmt = file_format(texts["format"])
    if fmt is None:
        raise refused("format", "unknown_format", f"There are {', '.join(FORMATS)}.")
    files = tuple(_uploads(form, fmt))
    if sum(file.bytes for file in files) > FILES_BYTES_MAX:
        raise refused("file", "too_large", f"The files have more than {FILES_BYTES_MAX} bytes.")
    return Handed(fmt, (texts["channel"], texts["shop"]), files)


def _uploads(form: FormData, fmt: FileFormat) -> list[Upload]:
    found = []
    for part, name in enumerate(PARTS):
        given = form.get(name)
        wanted = part < len(fmt.tables)
        if given and not wanted:
            raise refused(name, "unwanted", "This format has one file.")
        if not wanted:
            continue
        if not isinstance(given, UploadFile):
            raise refused(name, "missing", "This format needs this file.")
        title = legible(re.split(r"[/\\]", given.filename or "")[-1])[:NAME_LENGTH_MAX]
        found.append(Upload(title, given.file, given.size or 0))
    return found


@router.get("")
async def list_imports(
    reading: Reading,
    _: Reader,
    before: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ImportsView:
    """Return imports, the newest first."""
    found = await imports.listed(reading, before=before, limit=limit)
    following = found[-1].import_id if len(found) == limit else None
    return ImportsView(items=[import_view(one) for one in found], next=following)


@router.get("/formats")
async def list_formats(_: Reader) -> FormatsView:
    """Return the formats there are, with their columns."""
    found = [one for one in map(file_format, FORMATS) if one is not None]
    return FormatsView(items=[format_view(one) for one in found])


@router.get("/template.csv", response_class=Response)
async def read_template(_: Reader, language: Annotated[Language, Query()] = "en") -> Response:
    """Return an empty file with our own columns and one example, to be filled in."""
    return _download(template.as_csv(canonical(), language), "text/csv", "template.csv")


@router.get("/template.xlsx", response_class=Response)
async def read_workbook(_: Reader, language: Annotated[Language, Query()] = "en") -> Response:
    """Return the same as a workbook whose cells are texts: it keeps every digit."""
    content = await asyncio.to_thread(template.as_xlsx, canonical(), language)
    return _download(content, template.XLSX, "template.xlsx")


@router.get("/{import_id}", responses=_PROBLEMS)
async def read_import(import_id: UUID, reading: Reading, _: Reader) -> ImportView:
    """Return how far an import is."""
    return import_view(await _found(reading, import_id))


@router.get("/{import_id}/errors.csv", response_class=Response, responses=_PROBLEMS)
async def read_errors(
    import_id: UUID,
    request: Request,
    reading: Reading,
    _: Reader,
    language: Annotated[Language, Query()] = "en",
) -> Response:
    """Return the rows that cannot be used: where, why, and nothing of what is in them."""
    await _found(reading, import_id)
    lines = _report(request.app.state.works.engine, import_id, language)
    headers = _as_file(f"import-{import_id}-errors.csv")
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{import_id}/stop", response_model=ImportView, responses=_PROBLEMS)
async def stop_import(import_id: UUID, body: StopIn, principal: Writer, once: Once) -> Response:
    """End an import where it is; the orders it has brought stay."""

    async def command(work: Work, _: Cause) -> ImportView:
        await submitting_imports.stop(work, import_id, by=principal.name, reason=body.reason)
        return import_view(await _found(work.connection, import_id))

    return await once.run(principal, command)


async def _report(engine: Engine, import_id: UUID, language: Language) -> AsyncIterator[str]:
    yield _BOM + _csv([HEADER[language]])
    after: Fault | None = None
    while True:
        async with engine.connect() as connection:
            faults = await import_rows.faults(connection, import_id, after, FAULTS_AT_ONCE)
        if not faults:
            return
        yield _csv(list(lines_of_report(faults, language)))
        after = faults[-1]


def _csv(lines: list[tuple[str, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue()


async def _found(connection: Any, import_id: UUID) -> Progress:
    progress = await imports.find(connection, import_id)
    if progress is None:
        raise NotFound(f"There is no import {import_id}.")
    return progress


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers=_as_file(name))


def _as_file(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
