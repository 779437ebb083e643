"""What is kept can be taken out as lines of JSON, and put back: missing rows only, as they were.

A file tells at its end how many rows it has and their hash, so that half a file is not taken for
a whole one. Files hold what the tables hold, personal data too.
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Select, Table, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from common.ids import first_id_at

ROWS_AT_ONCE = 500
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a kind, and the column that tells the time of a row: a UUIDv7 or a time."""

    table: Table
    time: Column[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Something kept that is taken out and put back as one; what others refer to comes first."""

    name: str
    parts: Sequence[Part]

    def table(self, name: str) -> Table | None:
        return next((part.table for part in self.parts if part.table.name == name), None)


@dataclass(frozen=True, slots=True)
class Span:
    since: datetime
    until: datetime


class Unfit(Exception):  # noqa: N818 - says what the file is
    """The file is not whole, or not of this kind."""


@dataclass
class Seal:
    """Counts and hashes the rows of a file as they pass."""

    rows: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, line: str) -> None:
        self.rows += 1
        self._hash.update(line.encode())

    def line(self) -> str:
        return json.dumps({"end": {"rows": self.rows, "sha256": self._hash.hexdigest()}})


async def exported(
    connection: AsyncConnection, service: str, kind: Kind, span: Span
) -> AsyncGenerator[str]:
    """Yield the lines of a file: whose it is, the rows as of one moment, and the seal."""
    await connection.execute(text("set transaction isolation level repeatable read, read only"))
    await connection.execute(text("set local statement_timeout = 0"))
    # Whoever reads the lines may be slow.
    await connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
    days = {"since": span.since.isoformat(), "until": span.until.isoformat()}
    yield json.dumps({"service": service, "kind": kind.name, **days})
    seal = Seal()
    for part in kind.parts:
        rows = await connection.stream(
            _within(part, span), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        async for row in rows.mappings():
            line = json.dumps({"table": part.table.name, "row": _written(row)}, ensure_ascii=False)
            seal.add(line)
            yield line
    yield seal.line()


def _within(part: Part, span: Span) -> Select[Any]:
    bounds: Sequence[Any] = (span.since, span.until)
    if isinstance(part.time.type, Uuid):
        bounds = [first_id_at(bound) for bound in bounds]
    since, until = bounds
    within = (part.time >= since, part.time < until)
    return select(part.table).where(*within).order_by(part.time, *part.table.primary_key.columns)


def _written(row: Row) -> dict[str, Any]:
    return {name: _word(value) for name, value in row.items()}


def _word(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return value


def check(lines: Iterable[str], service: str, kind: Kind) -> int:
    """Read a file to its end; return how many rows it has.

    Raises:
        Unfit: it is not whole, was changed, or is of something else.
    """
    seal, last = Seal(), ""
    for number, line in enumerate(map(str.rstrip, lines)):
        if number == 0:
            _check_head(_read(line), service, kind)
        elif number > 1:
            seal.add(last)
        last = line
    if last != seal.line():
        raise Unfit("The file is not as it was written: its end does not fit.")
    return seal.rows


def _check_head(head: Row, service: str, kind: Kind) -> None:
    found = (head.get("service"), head.get("kind"))
    if found != (service, kind.name):
        raise Unfit(f"The file holds {found[1]} of {found[0]}, not {kind.name} of {service}.")


def rows_of(lines: Iterable[str], kind: Kind) -> Iterator[tuple[Table, Sequence[dict[str, Any]]]]:
    """Yield the rows of a checked file, some of one table at a time."""
    together: list[dict[str, Any]] = []
    current: Table | None = None
    for line in lines:
        said = _read(line)
        if "row" not in said:
            continue
        table = kind.table(said["table"])
        if table is None:
            raise Unfit(f"{kind.name} have no table {said['table']}.")
        if current is not None and (table is not current or len(together) == ROWS_AT_ONCE):
            yield current, together
            together = []
        current = table
        together.append(_row(table, said["row"]))
    if current is not None and together:
        yield current, together


def _read(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unfit("The file is not of lines of JSON.")
    return said


def _row(table: Table, said: Row) -> dict[str, Any]:
    return {name: _value(table.c[name], value) for name, value in said.items()}


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    match column.type:
        case Uuid():
            return UUID(value)
        case DateTime():
            return datetime.fromisoformat(value)
        case LargeBinary():
            return bytes.fromhex(value)
        case _:
            return value


async def put_back(
    connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]
) -> int:
    """Insert the rows that are missing; return how many those were."""
    key = next(iter(table.primary_key.columns))
    statement = insert(table).on_conflict_do_nothing().returning(key)
    return len((await connection.execute(statement, list(rows))).all())
