"""One cell of a file, and whether a spreadsheet program has destroyed what it said.

Spreadsheets keep 15 digits of a number. A longer order number that one of them opened and saved is
not the order's number any more, and nothing in the file tells what it was.
"""

import re
from dataclasses import dataclass
from enum import Enum

EXACT_DIGITS = 15
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{2,3}")
_LONG = re.compile(r"[0-9]{16,}")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')


class Kind(Enum):
    TEXT = "text"
    NUMBER = "number"
    """Kept by the file as a number: of more than 15 digits the rest is lost."""
    FORMULA = "formula"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell says, without the marks that only keep spreadsheets from changing it."""

    text: str
    kind: Kind
    protected: bool = False
    """It was marked as a text, so a long number in it is as it was written."""


def read_cell(cell: Cell) -> Reading:
    """Unwrap `="123"`, a leading apostrophe and tabs around the text."""
    text = cell.text.strip()
    marked = cell.text[:1] == "\t" or cell.text[-1:] == "\t"
    if wrapped := _FORMULA_TEXT.fullmatch(text):
        return Reading(wrapped[1].strip(), Kind.TEXT, protected=True)
    if text.startswith("'"):
        return Reading(text[1:].strip(), cell.kind, protected=True)
    return Reading(text, cell.kind, protected=marked)


def is_mangled(reading: Reading, *, whole_column: bool) -> bool:
    """Tell whether what every digit counts in has lost some.

    A number of 16 digits that ends with 0 may be right: it is unless every long number of the
    column ends so (`whole_column`).
    """
    text = reading.text
    if reading.kind is Kind.NUMBER:
        return too_long(text)
    if _SCIENTIFIC.fullmatch(text):
        return True
    if reading.protected or not _LONG.fullmatch(text) or not is_cut(text):
        return False
    return whole_column or len(text) > EXACT_DIGITS + 1


def too_long(number: str) -> bool:
    """Tell whether a number has more digits than a spreadsheet keeps."""
    digits = number.lstrip("+-").replace(".", "").lstrip("0")
    return len(digits) > EXACT_DIGITS


def is_long(text: str) -> bool:
    return bool(_LONG.fullmatch(text))


def is_cut(text: str) -> bool:
    """Tell whether a long number has nothing but zeros after the digits that are kept."""
    return not text[EXACT_DIGITS:].strip("0")
