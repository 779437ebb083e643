"""What the doors for files show."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ingest.domain.files.format import FileFormat
from ingest.domain.files.progress import Progress, Stage
from ingest.domain.validation import LEGIBLE


class StopIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=LEGIBLE)]


class SubmittedView(BaseModel):
    import_id: UUID


class ImportView(BaseModel):
    """How far an import is; the counts of orders add up to `orders_found` at its end."""

    import_id: UUID
    format: str
    channel: str
    shop: str
    names: list[str]
    bytes: int
    imported_by: str
    submitted_at: datetime
    state: Stage
    rows_read: int
    orders_found: int | None
    orders_done: int
    accepted: int
    duplicate: int
    updated: int
    quarantined: int
    refused: int
    row_errors: int
    ended_at: datetime | None
    failure: str | None


class ImportsView(BaseModel):
    items: list[ImportView]
    next: UUID | None
    """Give this as `before` for what is older."""


class ColumnView(BaseModel):
    name: str
    also: list[str]
    required: bool
    exact: bool


class FormatView(BaseModel):
    name: str
    title: str
    file: list[ColumnView]
    items: list[ColumnView] | None


class FormatsView(BaseModel):
    items: list[FormatView]


def import_view(progress: Progress) -> ImportView:
    return ImportView.model_validate(progress, from_attributes=True)


def format_view(fmt: FileFormat) -> FormatView:
    file, *items = [
        [
            ColumnView(name=c.name, also=list(c.also), required=c.required, exact=c.exact)
            for c in table.columns.values()
        ]
        for table in fmt.tables
    ]
    return FormatView(name=fmt.name, title=fmt.title, file=file, items=items[0] if items else None)
