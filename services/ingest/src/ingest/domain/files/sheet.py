"""From the cells of a row to columns by name, or to what is wrong with the row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.domain.files.cells import Cell, Kind, Reading, is_cut, is_long, is_mangled, read_cell
from ingest.domain.files.cells import too_long as too_many_digits
from ingest.domain.files.faults import Fault
from ingest.domain.files.format import Table, plain_name
from ingest.domain.validation import key_reasons

CELL_LENGTH_MAX = 32_767  # a spreadsheet's own limit
COLUMNS_MAX = 300
SAMPLE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """As it is in the file."""

    number: int
    """As the spreadsheet counts: from 1, with the header and empty rows."""
    cells: tuple[Cell, ...] = ()
    broken: str | None = None
    """The code of what is wrong, where it could not be parted into cells."""

    @property
    def is_empty(self) -> bool:
        return self.broken is None and not any(cell.text.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    number: int
    order_no: str | None
    cells: Mapping[str, str] = field(default_factory=dict)
    """Text by column, without empty ones."""
    faults: tuple[Fault, ...] = ()


class BadHeader(Exception):  # noqa: N818 - says what is bad
    """The file is not in this format; the code and message say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a table are in one file."""

    table: Table
    part: int
    places: Mapping[int, str]
    """The column's name by its place."""
    width: int
    whole: frozenset[str] = frozenset()
    """Columns with a long number that no spreadsheet has cut."""

    @classmethod
    def of(cls, header: Row, table: Table, part: int) -> "Layout":
        """Find the columns in the header.

        Raises:
            BadHeader: one that must be there is not, or is there twice.
        """
        if header.broken is not None or len(header.cells) > COLUMNS_MAX:
            raise BadHeader("bad_header", "The first row is no header.")
        places: dict[int, str] = {}
        names = table.names
        for place, cell in enumerate(header.cells):
            name = names.get(plain_name(read_cell(cell).text))
            if name is None:
                continue
            if name in places.values():
                raise BadHeader("repeated_column", f"The column {name} is there twice.")
            places[place] = name
        missing = [c.name for c in table.columns.values() if c.required]
        missing = [name for name in missing if name not in places.values()]
        if missing:
            raise BadHeader("missing_column", f"These columns are missing: {', '.join(missing)}.")
        return cls(table, part, places, len(header.cells))

    def knowing(self, sample: Iterable[Row]) -> "Layout":
        """Learn from the first rows which columns no spreadsheet has cut."""
        whole = {
            name
            for row in sample
            for place, name in self.places.items()
            if place < len(row.cells) and _is_whole(read_cell(row.cells[place]).text)
        }
        return Layout(self.table, self.part, self.places, self.width, frozenset(whole))

    def check(self, row: Row) -> CheckedRow:
        """Read a row: its columns, or what is wrong with it."""
        if row.broken is not None:
            return CheckedRow(row.number, None, faults=(self._fault(row, "", row.broken),))
        faults: list[Fault] = []
        cells: dict[str, str] = {}
        if any(cell.text.strip() for cell in row.cells[self.width :]):
            faults.append(self._fault(row, "", "too_many_cells"))
        for place, name in self.places.items():
            reading = read_cell(row.cells[place]) if place < len(row.cells) else None
            if reading is None or not reading.text:
                continue
            code = self._wrong(name, reading)
            if code is None:
                cells[name] = reading.text
            else:
                faults.append(self._fault(row, name, code))
        order_no = cells.get(self.table.order_no)
        faults += self._wrong_number(row, order_no, faults)
        readable = order_no if order_no and not any(key_reasons("", order_no)) else None
        return CheckedRow(row.number, readable, {} if faults else cells, tuple(sorted(faults)))

    def _wrong(self, name: str, reading: Reading) -> str | None:
        """Return the code of what is wrong with a cell."""
        if reading.kind is Kind.FORMULA:
            return "formula"
        if reading.kind is Kind.ERROR:
            return "error_value"
        if len(reading.text) > CELL_LENGTH_MAX:
            return "cell_too_long"
        if self.table.columns[name].exact:
            mangled = is_mangled(reading, whole_column=name not in self.whole)
        else:  # an amount of so many digits is not what somebody wrote either
            mangled = reading.kind is Kind.NUMBER and too_many_digits(reading.text)
        return "mangled_id" if mangled else None

    def _wrong_number(self, row: Row, order_no: str | None, faults: Sequence[Fault]) -> list[Fault]:
        column = self.table.order_no
        if order_no is None:
            told = any(fault.column == column for fault in faults)
            return [] if told else [self._fault(row, column, "missing_order_no")]
        bad = any(key_reasons("", order_no))
        return [self._fault(row, column, "bad_order_no")] if bad else []

    def _fault(self, row: Row, column: str, code: str) -> Fault:
        return Fault(self.part, row.number, column, code)


def _is_whole(text: str) -> bool:
    return is_long(text) and not is_cut(text)
