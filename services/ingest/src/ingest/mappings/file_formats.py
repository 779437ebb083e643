"""The formats of files Sluice knows: data beside the mappings, one document each."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ingest.domain.files.format import Column, FileFormat, Table
from ingest.domain.mapping.compiling import compiled
from ingest.domain.mapping.document import read_document

FORMATS = ("canonical", "shopify", "taobao")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Column(_Part):
    also: list[str] = []
    required: bool = False
    exact: bool = False
    example: str = ""


class _Table(_Part):
    order_no: str
    order: dict[str, _Column] = {}
    """Columns that say the same in every row of an order, or only in its first."""
    line: dict[str, _Column] = {}

    def table(self) -> Table:
        columns = {
            name: Column(name, tuple(one.also), one.required, one.exact, of_order)
            for part, of_order in ((self.order, True), (self.line, False))
            for name, one in part.items()
        }
        if self.order_no not in columns:
            raise ValueError(f"There is no column {self.order_no}.")
        return Table(columns, self.order_no)

    def examples(self) -> Mapping[str, str]:
        return {name: one.example for name, one in (self.order | self.line).items()}


class _Document(_Part):
    format: Literal[1]
    name: str
    about: str = ""
    file: _Table
    items: _Table | None = None
    mapping: dict[str, Any]


@cache
def file_format(name: str) -> FileFormat | None:
    """Return the format of this name, or None where there is none."""
    if name not in FORMATS:
        return None
    text = (files("ingest.mappings") / "files" / f"{name}.json").read_text("utf-8")
    document = _Document.model_validate(json.loads(text))
    return FileFormat(
        name=name,
        title=document.name,
        file=document.file.table(),
        mapping=compiled(read_document(document.mapping)),
        items=document.items.table() if document.items else None,
        template=document.file.examples(),
    )


def canonical() -> FileFormat:
    """Return the format of our own columns, of which templates are made."""
    found = file_format("canonical")
    assert found is not None  # noqa: S101 - it comes with Sluice
    return found
