"""A file with our own columns, to be filled in."""

import csv
import io

from ingest.domain.files.faults import Language
from ingest.domain.files.format import Column, FileFormat

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AS_TEXT = "@"
_ROWS = 2_000
"""Cells that are texts already when somebody writes into them."""


def as_csv(fmt: FileFormat, language: Language) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(_lines(fmt, language))
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(fmt: FileFormat, language: Language) -> bytes:
    # Importing it takes half a second, which no start of a process should wait for.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("orders")
    sheet.freeze_panes = "A2"
    header, example = _lines(fmt, language)
    for number, texts in enumerate((header, example)):
        cells = []
        for text in texts:
            cell = WriteOnlyCell(sheet, value=text or None)
            cell.number_format = _AS_TEXT
            cell.font = Font(bold=number == 0)
            cells.append(cell)
        sheet.append(cells)
    for _ in range(_ROWS):
        cells = [WriteOnlyCell(sheet) for _ in header]
        for cell in cells:
            cell.number_format = _AS_TEXT
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _lines(fmt: FileFormat, language: Language) -> tuple[list[str], list[str]]:
    columns = fmt.file.columns.values()
    header = [_title(column, language) for column in columns]
    return header, [fmt.template.get(column.name, "") for column in columns]


def _title(column: Column, language: Language) -> str:
    return column.also[0] if language == "zh" and column.also else column.name
