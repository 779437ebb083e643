"""Statements in, and what was made of them."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import FieldError, NotFound, ProblemView, Unprocessable
from common.http.reading import Reading
from reconciliation.api.paging import Limit
from reconciliation.statements import plain_csv
from reconciliation.statements.reading import StatementLine, UnreadableStatement
from reconciliation.store import lines, statements
from reconciliation.store.lines import LineView
from reconciliation.store.statements import StatementHead, StatementView
from reconciliation.use_cases.importing import AlreadyImported, Sheet, import_statement

BODY_BYTES_MAX = 20 * 1024 * 1024
NAME_LENGTH_MAX = 200

router = APIRouter(prefix="/v1/statements", tags=["statements"])

Source = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
Name = Annotated[str | None, Query(min_length=1, max_length=NAME_LENGTH_MAX)]

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


class StatementsView(BaseModel):
    items: list[StatementHead]


class StatementPage(StatementView):
    items: list[LineView]
    """Its lines, from the line number after `after`."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes


async def _file(request: Request) -> File:
    """Return the file handed in: the body itself, or the field `file` of a form."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return File("", body)
    async with request.form(max_files=1, max_fields=0) as form:
        upload = form.get("file")
        if upload is None or isinstance(upload, str):
            error = FieldError(field="file", code="missing", message="must hold the statement")
            raise Unprocessable("The form has no file.", errors=[error])
        return File((upload.filename or "")[:NAME_LENGTH_MAX], await upload.read())


@router.post(
    "",
    status_code=201,
    response_model=StatementView,
    responses={200: {"model": StatementView}, 422: {"model": ProblemView}},
    openapi_extra=_BODY,
)
async def import_file(
    principal: Annotated[Principal, requires("reconciliation:write")],
    once: Once,
    file: Annotated[File, Depends(_file)],
    source: Source,
    name: Name = None,
) -> Response:
    """Import a statement whole or not at all; the same file again adds nothing (200)."""
    sheet = Sheet(
        source,
        name or file.name or f"{source} statement",
        hashlib.sha256(file.content).digest(),
        await asyncio.to_thread(_read, file.content),
    )

    async def bring_in(work: Work, _: Cause) -> StatementView:
        statement_id = await import_statement(work, sheet, by=principal.name)
        return await _found(work, statement_id)

    try:
        return await once.run(principal, bring_in, status=201)
    except AlreadyImported as known:
        statement_id = known.statement_id

    async def show(work: Work, _: Cause) -> StatementView:
        return await _found(work, statement_id)

    return await once.run(principal, show)


def _read(content: bytes) -> list[StatementLine]:
    try:
        return plain_csv.read(content)
    except UnreadableStatement as unreadable:
        errors = [
            FieldError(field=f"line {f.line_no}: {f.field}", code=f.code, message=f.message)
            for f in unreadable.faults
        ]
        places = "; ".join(error.field for error in errors[:5])
        raise Unprocessable(f"Nothing was imported. Wrong: {places}.", errors=errors) from None


async def _found(work: Work, statement_id: UUID) -> StatementView:
    view = await statements.find(work.connection, statement_id)
    assert view is not None  # noqa: S101 - it was added or found in this very transaction
    return view


@router.get("")
async def list_statements(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    after: UUID | None = None,
    limit: Limit = 50,
) -> StatementsView:
    """List statements, first imported first."""
    return StatementsView(items=await statements.listed(reading, after=after, limit=limit))


@router.get("/{statement_id}", responses={404: {"model": ProblemView}})
async def read_statement(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    statement_id: UUID,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Limit = 50,
) -> StatementPage:
    """Return a statement, what became of it, and a page of its lines."""
    view = await statements.find(reading, statement_id)
    if view is None:
        raise NotFound(f"There is no statement {statement_id}.")
    items = await lines.of_statement(reading, statement_id, after=after, limit=limit)
    return StatementPage(**view.model_dump(), items=items)
