"""One order as a message tells of it."""

from dataclasses import dataclass
from datetime import datetime

from ingest.domain.draft import Draft
from ingest.domain.validation import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRefund:
    """Money that a customer wants back, or got."""

    reference: str | None = None
    amount_minor: int | None = None
    reason: str | None = None
    requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    draft: Draft
    cancelled: str | None = None
    """Why the channel cancelled it, where it did."""
    held: str | None = None
    """Why the channel wants it kept back, where it does."""
    problems: tuple[Reason, ...] = ()
    """What the mapping could not read, or says is wrong."""
    changed_at: datetime | None = None
    """When the channel made this version of the order; None: it does not tell."""
    refunds: tuple[DraftRefund, ...] = ()
    unnumbered: str | None = None
    """What the channel's one payment of the order is called where it does not tell its number;
    None: it may take several, or always tells."""
