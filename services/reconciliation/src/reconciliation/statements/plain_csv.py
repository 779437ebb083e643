"""The plain statement: UTF-8 CSV with one line per movement of money, columns in any order."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from common.money import minor_from_decimal
from reconciliation.statements.reading import (
    FAULTS_MAX,
    LINES_MAX,
    Fault,
    StatementLine,
    UnreadableStatement,
    masked,
)

COLUMNS = ("transaction_id", "occurred_at", "amount", "currency", "reference", "payer")
TEXT_LENGTH_MAX = 200

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_AMOUNT = re.compile(r"[+-]?\d{1,16}(\.\d{1,4})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

Row = tuple[int, Sequence[str]]


class _Wrong(ValueError):  # noqa: N818 - it says what the field is
    """A field is wrong: which, and how."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


def read(body: bytes) -> list[StatementLine]:
    """Translate the file whole.

    Raises:
        UnreadableStatement: something is wrong with it; names the first faults, line by line.
    """
    rows = _rows(body)
    order = _column_order(next(rows, (1, ())))
    lines: list[StatementLine] = []
    faults: list[Fault] = []
    for line_no, cells in rows:
        if len(lines) == LINES_MAX:
            raise _unreadable(line_no, "line", "too_many", f"A file has {LINES_MAX} lines at most.")
        try:
            lines.append(_line(line_no, cells, order))
        except _Wrong as wrong:
            faults.append(Fault(line_no, wrong.field, wrong.code, str(wrong)))
            if len(faults) == FAULTS_MAX:
                break
    if faults:
        raise UnreadableStatement(faults)
    return lines


def _rows(body: bytes) -> Iterator[Row]:
    """Yield the rows that are not blank, with the number of the line they end on."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_no = body.count(b"\n", 0, error.start) + 1
        raise _unreadable(line_no, "line", "encoding", "is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error:
        raise _unreadable(reader.line_num, "line", "csv", "is not well-formed CSV") from None


def _column_order(header: Row) -> tuple[int, ...]:
    """Return where in a row each of COLUMNS is."""
    line_no, cells = header
    names = [cell.strip().lower() for cell in cells]
    if sorted(names) != sorted(COLUMNS):
        message = f"must name exactly these columns: {', '.join(COLUMNS)}"
        raise _unreadable(line_no, "header", "header", message)
    return tuple(names.index(name) for name in COLUMNS)


def _line(line_no: int, cells: Sequence[str], order: tuple[int, ...]) -> StatementLine:
    if len(cells) != len(order):
        raise _Wrong("line", "columns", f"must have {len(order)} fields")
    transaction_id, occurred_at, amount, currency, reference, payer = (
        _text(name, cells[place]) for name, place in zip(COLUMNS, order, strict=True)
    )
    if not transaction_id:
        raise _Wrong("transaction_id", "missing", "must not be empty")
    if not _CURRENCY.fullmatch(currency):
        raise _Wrong("currency", "currency", "must be three capital letters (ISO 4217)")
    return StatementLine(
        line_no,
        transaction_id,
        _moment(occurred_at),
        _minor(amount, currency),
        currency,
        reference or None,
        masked(payer),
    )


def _text(field: str, cell: str) -> str:
    if len(cell) > TEXT_LENGTH_MAX:
        raise _Wrong(field, "too_long", f"must have {TEXT_LENGTH_MAX} characters at most")
    if _UNPRINTABLE.search(cell):
        raise _Wrong(field, "characters", "must not hold control characters")
    return cell.strip()


def _moment(text: str) -> datetime:
    message = "must be an RFC 3339 time with an offset"
    if not _RFC_3339.fullmatch(text):
        raise _Wrong("occurred_at", "time", message)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong("occurred_at", "time", message) from None


def _minor(text: str, currency: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise _Wrong("amount", "amount", "must be a decimal with a sign or none")
    try:
        return minor_from_decimal(text, currency)
    except ValueError as error:
        raise _Wrong("amount", "amount", str(error)) from None


def _unreadable(line_no: int, field: str, code: str, message: str) -> UnreadableStatement:
    return UnreadableStatement([Fault(line_no, field, code, message)])
