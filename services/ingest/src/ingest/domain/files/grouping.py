"""The rows of one order become the payload that the format's mapping reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.domain.draft import ROWS_MAX
from ingest.domain.files.faults import Fault
from ingest.domain.files.format import FileFormat, Table


@dataclass(frozen=True, slots=True)
class Part:
    """A row that was read, of one of the files."""

    part: int
    number: int
    cells: Mapping[str, str]
    wrong: bool = False
    """It is in the report already."""


def payload_of(fmt: FileFormat, rows: Sequence[Part]) -> dict[str, Any] | tuple[Fault, ...]:
    """Put the rows of one order together, or say why the order cannot be taken in whole.

    An order with one row missing is another order: where a row is wrong, none of it goes in.
    """
    rows = sorted(rows, key=lambda row: (row.part, row.number))
    if any(row.wrong for row in rows):
        return _all_of(rows, "row_of_refused_order")
    if len(rows) > ROWS_MAX:
        return _all_of(rows, "too_many_rows")
    of_file = [row for row in rows if row.part == 0]
    items = [row for row in rows if row.part == 1]
    faults = _contradictions(fmt.file, of_file)
    if faults:
        told = {(fault.part, fault.row) for fault in faults}
        rest = [row for row in rows if (row.part, row.number) not in told]
        return tuple(sorted((*faults, *_all_of(rest, "row_of_refused_order"))))
    return {
        "row": _first(fmt.file, of_file),
        "rows": [dict(row.cells) for row in of_file],
        "items": [dict(row.cells) for row in items],
    }


def _all_of(rows: Sequence[Part], code: str) -> tuple[Fault, ...]:
    return tuple(Fault(row.part, row.number, "", code) for row in rows if not row.wrong)


def _contradictions(table: Table, rows: Sequence[Part]) -> list[Fault]:
    """Find rows that say of the order what another one does not; an empty cell says nothing."""
    said: dict[str, str] = {}
    faults = []
    for row in rows:
        for name, text in row.cells.items():
            if table.columns[name].of_order and said.setdefault(name, text) != text:
                faults.append(Fault(row.part, row.number, name, "contradiction"))
    return faults


def _first(table: Table, rows: Sequence[Part]) -> dict[str, str]:
    """Return the first row, with what only a later one says of the order."""
    first: dict[str, str] = dict(rows[0].cells) if rows else {}
    for row in rows[1:]:
        for name, text in row.cells.items():
            if table.columns[name].of_order:
                first.setdefault(name, text)
    return first
