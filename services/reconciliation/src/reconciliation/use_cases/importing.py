"""A statement comes in: kept as it is, once, and its money matched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.database.operations import record
from common.database.work import Work
from common.ids import new_id
from reconciliation.domain.repeats import Told, repeated
from reconciliation.statements.reading import StatementLine
from reconciliation.store import lines, statements
from reconciliation.use_cases.matching import match_statement


class AlreadyImported(Exception):  # noqa: N818 - says what is the case
    """The same file of the same source is a statement already."""

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(str(statement_id))
        self.statement_id = statement_id


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement as it was handed in."""

    source: str
    name: str
    sha256: bytes
    lines: Sequence[StatementLine]


async def import_statement(work: Work, sheet: Sheet, *, by: str) -> UUID:
    """Store the statement and match its lines; return its id.

    Raises:
        AlreadyImported: there is nothing to do.
    """
    connection = work.connection
    await statements.claim_source(connection, sheet.source)
    known_id = await statements.find_file(connection, sheet.source, sheet.sha256)
    if known_id is not None:
        raise AlreadyImported(known_id)
    statement_id = new_id()
    times = [line.occurred_at for line in sheet.lines]
    facts = {
        "statement_id": statement_id,
        "source": sheet.source,
        "name": sheet.name,
        "sha256": sheet.sha256,
        "imported_at": work.now,
        "imported_by": by,
        "lines": len(sheet.lines),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
    }
    await statements.add(connection, facts, _totals(sheet.lines))
    again = await _repeated(work, sheet)
    place = (statement_id, sheet.source)
    await lines.add(connection, place, sheet.lines, again)
    references = {line.reference for line in sheet.lines if line.reference}
    await match_statement(work, references, by=by)
    record(
        work,
        actor=by,
        action="statement.imported",
        subject=("statement", statement_id),
        after={"source": sheet.source, "lines": len(sheet.lines), "sha256": sheet.sha256.hex()},
    )
    return statement_id


async def _repeated(work: Work, sheet: Sheet) -> frozenset[int]:
    told = [
        Told(n.transaction_id, n.occurred_at, n.currency, n.amount_minor, n.line_no)
        for n in sheet.lines
    ]
    ids = {line.transaction_id for line in told}
    return repeated(told, await lines.known_transactions(work.connection, sheet.source, ids))


def _totals(sheet_lines: Sequence[StatementLine]) -> Mapping[str, tuple[int, int]]:
    """Return money in and money out for each currency, both as positive sums."""
    totals: dict[str, tuple[int, int]] = {}
    for line in sheet_lines:
        money_in, money_out = totals.get(line.currency, (0, 0))
        if line.amount_minor > 0:
            money_in += line.amount_minor
        else:
            money_out -= line.amount_minor
        totals[line.currency] = (money_in, money_out)
    return totals
