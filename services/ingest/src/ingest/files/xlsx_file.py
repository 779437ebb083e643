"""XLSX: read row by row, without running anything, and never larger than it may become."""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingest.domain.files.cells import EXACT_DIGITS, Cell, Kind, too_long
from ingest.domain.files.sheet import COLUMNS_MAX, Row
from ingest.files.problems import UnreadableFile

UNPACKED_BYTES_MAX = 300 * 1024 * 1024
TEXTS_BYTES_MAX = 100 * 1024 * 1024
"""Of the table of texts, which is held in memory."""
PARTS_MAX = 2_000
ROWS_MAX = 1_048_576
_TEXTS = "xl/sharedStrings.xml"
_PACKED = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
"""As spreadsheet programs pack; other ways cannot be unpacked piece by piece."""
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
)
"""What comes of files that only look like a workbook."""


def check_size(file: BinaryIO) -> None:
    """Refuse what would become far larger than it is, or than it says.

    Raises:
        UnreadableFile: it is too large, or no archive.
    """
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_parts(archive.infolist())
            if archive.testzip() is not None:  # piece by piece: sizes that lie end here
                raise _no_workbook()
    except _BROKEN:
        raise _no_workbook() from None


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    texts = sum(part.file_size for part in parts if part.filename.lower() == _TEXTS.lower())
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > PARTS_MAX or unpacked > UNPACKED_BYTES_MAX or texts > TEXTS_BYTES_MAX:
        limit = UNPACKED_BYTES_MAX // 1024**2
        raise UnreadableFile("too_large_unpacked", f"Unpacked it has more than {limit} MB.")
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile("encrypted", "The workbook has a password.")
    if any(part.compress_type not in _PACKED for part in parts):
        raise _no_workbook()


def rows(file: BinaryIO) -> Iterator[Row]:
    """Read the first sheet.

    Raises:
        UnreadableFile: it is no workbook, or breaks off.
    """
    check_size(file)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        try:
            if not book.worksheets:
                raise _no_workbook()
            sheet = book.worksheets[0]
            given = sheet.iter_rows(min_row=1, max_row=ROWS_MAX, max_col=COLUMNS_MAX)
            for number, cells in enumerate(given, start=1):
                yield Row(number, _without_end([_cell(cell) for cell in cells]))
        finally:
            book.close()
    except _BROKEN:
        raise _no_workbook() from None


def _no_workbook() -> UnreadableFile:
    return UnreadableFile("no_workbook", "It is no workbook that can be read.")


def _without_end(cells: list[Cell]) -> tuple[Cell, ...]:
    while cells and not cells[-1].text:
        cells.pop()
    return tuple(cells)


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return Cell("")
    if kind == "e":
        return Cell("?", Kind.ERROR)
    return _formula(value) if kind == "f" else _value(value)


def _value(value: Any) -> Cell:
    match value:
        case str():
            return Cell(value)
        case bool():
            return Cell(str(value).lower())
        case datetime():
            return Cell(value.replace(microsecond=0).isoformat(sep=" "))
        case date() | time():
            return Cell(value.isoformat())
        case int() | float():
            return Cell(_number(value), Kind.NUMBER)
        case _:
            return Cell("?", Kind.ERROR)


def _formula(value: Any) -> Cell:
    """Keep `="123"` as what it says: it is a text that is written as a formula."""
    text = value if isinstance(value, str) else "="
    plain = len(text) > 2 and text.startswith('="') and text.endswith('"')  # noqa: PLR2004 - ="
    if plain and '"' not in text[2:-1]:
        return Cell(text)
    return Cell("=", Kind.FORMULA)


def _number(value: float) -> str:
    """Write a number with the digits that spreadsheets keep and show, never as a power of ten.

    The file has binary fractions with noise in the last digits, such as 0.30000000000000004.
    """
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return "?"
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    text = format(exact, "f")
    whole = exact == exact.to_integral_value()
    if whole and too_long(str(abs(int(exact)))) and abs(exact) >= 10**EXACT_DIGITS:
        return str(int(exact))
    rounded = Decimal(f"{exact:.{EXACT_DIGITS}g}")
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
