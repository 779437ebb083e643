"""A file format: which columns a file has, which of them make rows one order, and what reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.domain.mapping.compiled_mapping import CompiledMapping


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    also: tuple[str, ...] = ()
    """Other names it goes by."""
    required: bool = False
    exact: bool = False
    """Every character counts: a number, a SKU, a phone. Spreadsheets destroy those."""
    of_order: bool = False
    """Says the same in every row of an order, or only in its first."""


@dataclass(frozen=True, slots=True)
class Table:
    """One of the files."""

    columns: Mapping[str, Column]
    order_no: str
    """The column whose text is the same for all rows of an order."""

    @property
    def names(self) -> Mapping[str, str]:
        """The column for every name it may have in a header."""
        return {
            plain_name(name): column.name
            for column in self.columns.values()
            for name in (column.name, *column.also)
        }


@dataclass(frozen=True, slots=True)
class FileFormat:
    name: str
    title: str
    file: Table
    mapping: CompiledMapping
    items: Table | None = None
    """The second file, where lines are in one of their own."""
    template: Mapping[str, str] = field(default_factory=dict)
    """An example of each column, where the file may be written by hand."""

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.file,) if self.items is None else (self.file, self.items)


def plain_name(name: str) -> str:
    """Return a header as it is compared: case, blanks, a byte order mark and marks do not count."""
    return "".join(name.replace("\ufeff", "").split()).strip("*＊'\"").casefold()
