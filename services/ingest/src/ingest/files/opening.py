"""What kind of file it is, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from ingest.domain.files.format import Table
from ingest.domain.files.sheet import SAMPLE_ROWS, BadHeader, Layout, Row
from ingest.files import csv_file
from ingest.files.problems import UnreadableFile

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Look:
    """How a file is written; found out once, when it comes in."""

    kind: str
    """csv or xlsx."""
    encoding: str = ""
    delimiter: str = ""


def look_at(file: BinaryIO) -> Look:
    """Find out how the file is written.

    Raises:
        UnreadableFile: it is neither CSV nor XLSX.
    """
    file.seek(0)
    start = file.read(8)
    if not start:
        raise UnreadableFile("empty", "The file is empty.")
    if start.startswith(_OLD_EXCEL):
        raise UnreadableFile("old_excel", "Save it as .xlsx or .csv: .xls is not read.")
    if start.startswith(_ZIP):
        from ingest.files import xlsx_file  # noqa: PLC0415 - dear, and few processes need it

        xlsx_file.check_size(file)
        return Look("xlsx")
    encoding = csv_file.encoding_of(file)
    return Look("csv", encoding, csv_file.delimiter_of(file, encoding))


def rows_of(file: BinaryIO, look: Look) -> Iterator[Row]:
    if look.kind == "xlsx":
        from ingest.files import xlsx_file  # noqa: PLC0415 - as above

        return xlsx_file.rows(file)
    return csv_file.rows(file, look.encoding, look.delimiter)


@dataclass(frozen=True, slots=True)
class Opened:
    layout: Layout
    rows: Iterator[Row]
    """What follows the header, empty rows too."""


def opened(file: BinaryIO, look: Look, table: Table, part: int) -> Opened:
    """Read the header, and learn from the first rows.

    Raises:
        UnreadableFile: the file is not in the format, or has no rows.
    """
    rows = rows_of(file, look)
    header = next((row for row in rows if not row.is_empty), None)
    if header is None:
        raise UnreadableFile("empty", "The file is empty.")
    try:
        layout = Layout.of(header, table, part)
    except BadHeader as error:
        raise UnreadableFile(error.code, str(error)) from None
    sample = list(islice(rows, SAMPLE_ROWS))
    if all(row.is_empty for row in sample):
        raise UnreadableFile("no_rows", "There are no rows below the header.")
    return Opened(layout.knowing(sample), chain(sample, rows))
