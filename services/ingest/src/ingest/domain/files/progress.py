"""How far an import is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Stage(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    TAKING_IN = "taking_in"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    import_id: UUID
    format: str
    channel: str
    shop: str
    names: tuple[str, ...]
    bytes: int
    imported_by: str
    submitted_at: datetime
    state: Stage
    part: int
    """The file that is being read."""
    row_no: int
    """The last row that was read of it."""
    rows_read: int
    orders_found: int | None
    """None until all rows have been read."""
    order_row: int
    """Where the last order begins that was taken in."""
    accepted: int
    duplicate: int
    updated: int
    quarantined: int
    refused: int
    """Orders that were not taken in because one of their rows is wrong."""
    row_errors: int
    """Rows that are in the report."""
    ended_at: datetime | None
    failure: str | None

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def orders_done(self) -> int:
        return self.accepted + self.duplicate + self.updated + self.quarantined + self.refused
