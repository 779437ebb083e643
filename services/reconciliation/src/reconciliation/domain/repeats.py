"""Which lines of a statement tell again what is known already."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What of a line decides whether it is the first of its transaction."""

    transaction_id: str
    occurred_at: datetime
    currency: str
    amount_minor: int
    line_no: int


def repeated(lines: Iterable[Told], known: Collection[str]) -> frozenset[int]:
    """Return the numbers of lines whose transaction is known, or told by another line before.

    Which of two lines comes first depends on what they say; on their place only where they say the
    same, so that a file sorted another way has the same effect.
    """
    told = set(known)
    again: set[int] = set()
    for line in sorted(lines, key=_place):
        if line.transaction_id in told:
            again.add(line.line_no)
        told.add(line.transaction_id)
    return frozenset(again)


def _place(line: Told) -> tuple[datetime, str, int, int]:
    return (line.occurred_at, line.currency, line.amount_minor, line.line_no)
