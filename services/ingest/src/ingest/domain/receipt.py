"""What intake answers: one line for each order in the message."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ingest.domain.validation import KEY_LENGTH_MAX, Reason, legible


def delivery_key(said: str) -> str:
    """Return what a delivery is known by: a long name by its digest, since others begin so, too."""
    if len(said) <= KEY_LENGTH_MAX:
        return legible(said)
    return f"sha256:{hashlib.sha256(said.encode(errors='replace')).hexdigest()}"


class Status(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class OrderStatus:
    order_id: UUID
    channel_order_no: str | None
    status: Status
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    receipt_id: UUID
    orders: tuple[OrderStatus, ...]

    def repeated(self) -> "Receipt":
        """Return this answer as a repeated message gets it: the same receipt, nothing new done."""
        orders = (
            OrderStatus(o.order_id, o.channel_order_no, Status.DUPLICATE) for o in self.orders
        )
        return Receipt(self.receipt_id, tuple(orders))
