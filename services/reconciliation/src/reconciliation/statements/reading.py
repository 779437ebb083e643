"""What every statement format is translated into, and how its faults are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

FAULTS_MAX = 50
LINES_MAX = 200_000


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of money; the payer is masked before it gets here."""

    line_no: int
    """The line of the file it ends on, counted from 1."""
    transaction_id: str
    occurred_at: datetime
    amount_minor: int
    currency: str
    reference: str | None
    payer_masked: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file; never repeats the value."""

    line_no: int
    field: str
    code: str
    message: str


class UnreadableStatement(Exception):  # noqa: N818 - it says what the file is
    """The file is not what it should be; nothing of it can be used."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


def masked(name: str) -> str | None:
    """Keep the first character of a name: enough to recognise, too little to identify."""
    return f"{name[0]}***" if name else None
