"""CSV as shops have it: in UTF-8, UTF-16 or GB18030, parted by commas, semicolons or tabs."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from ingest.domain.files.cells import Cell
from ingest.domain.files.sheet import CELL_LENGTH_MAX, Row
from ingest.files.problems import UnreadableFile

ENCODINGS = ("utf-8", "gb18030")
"""Without a byte order mark: the first in which all of it can be read. GB18030 has all of GBK."""
DELIMITERS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1024 * 1024
_HEADER_LENGTH_MAX = 64 * 1024

csv.field_size_limit(2 * CELL_LENGTH_MAX)


def encoding_of(file: BinaryIO) -> str:
    """Find out the encoding by reading all of the file in it, strictly.

    Raises:
        UnreadableFile: it is in none of them.
    """
    file.seek(0)
    start = file.read(4)
    for mark, name in _MARKS:
        if start.startswith(mark):
            if _is_in(file, name):
                return name
            raise UnreadableFile("bad_encoding", f"The file is not in {name} as it says.")
    for name in ENCODINGS:
        if _is_in(file, name):
            return name
    known = "UTF-8, UTF-16 with a byte order mark, GBK and GB18030"
    raise UnreadableFile("bad_encoding", f"The file is in none of these encodings: {known}.")


def _is_in(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        while chunk := file.read(_CHUNK):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(file: BinaryIO, encoding: str) -> str:
    """Return what parts the header into the most columns."""
    header = _text(file, encoding).readline(_HEADER_LENGTH_MAX)
    if not header.strip():
        header = _first_line(file, encoding)
    return max(DELIMITERS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


def _first_line(file: BinaryIO, encoding: str) -> str:
    lines = _text(file, encoding)
    return next((line for line in lines if line.strip()), "")[:_HEADER_LENGTH_MAX]


def rows(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[Row]:
    """Part the file into rows; one that cannot be parted is there with the reason."""
    reader = csv.reader(_text(file, encoding), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            too_long = "field larger" in str(error)
            yield Row(number, broken="cell_too_long" if too_long else "broken_quotes")
        else:
            yield Row(number, tuple(map(Cell, cells)))


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    return _Kept(file, encoding=encoding, errors="strict", newline="")


class _Kept(io.TextIOWrapper):
    """Leaves the file open when it goes: it is read more than once."""

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        if not self.closed:
            self.detach()
