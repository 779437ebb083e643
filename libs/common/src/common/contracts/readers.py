"""Who reads which event: what a publisher has to know to see that its events arrived."""

from collections.abc import Mapping

from common.contracts.event import Event
from common.contracts.fulfillment import (
    ChangeMissed,
    HoldMissed,
    LinesMissed,
    OrderAllocated,
    OrderBackordered,
    OrderCancelled,
    OrderHandedOver,
)
from common.contracts.ingest import (
    AddressChanged,
    CancellationRequested,
    HoldLifted,
    HoldRequested,
    LinesChanged,
    MemoChanged,
    OrderReceived,
    PaymentReceived,
    QuarantineOverdue,
    RefundRequested,
)
from common.contracts.risk import OrderApproved, OrderFlagged, OrderHeld, OrderRejected

READERS: Mapping[type[Event], tuple[str, ...]] = {
    OrderReceived: ("reconciliation", "risk"),
    PaymentReceived: ("fulfillment", "reconciliation"),
    CancellationRequested: ("fulfillment",),
    AddressChanged: ("fulfillment",),
    LinesChanged: ("fulfillment",),
    HoldRequested: ("fulfillment", "risk"),
    HoldLifted: ("fulfillment", "risk"),
    OrderApproved: ("fulfillment",),
    OrderHeld: ("fulfillment",),
    OrderRejected: ("fulfillment",),
    OrderFlagged: ("fulfillment",),
    OrderAllocated: ("reconciliation",),
    OrderBackordered: ("reconciliation",),
    OrderHandedOver: ("reconciliation",),
    OrderCancelled: ("reconciliation",),
    HoldMissed: ("risk",),
}

OUTSIDE: tuple[type[Event], ...] = (
    ChangeMissed,
    LinesMissed,
    MemoChanged,
    QuarantineOverdue,
    RefundRequested,
)
"""Events that only programs outside read, such as one that sends reminders: no service does."""


def publisher_of(event: type[Event]) -> str:
    """Return the service whose contract the event is."""
    return event.__module__.rpartition(".")[2]


def readers_of(publisher: str) -> dict[str, tuple[str, ...]]:
    """Return the types of event that each reader takes from this publisher."""
    found: dict[str, tuple[str, ...]] = {}
    for event, readers in READERS.items():
        if publisher_of(event) == publisher:
            for reader in readers:
                found[reader] = (*found.get(reader, ()), event.routing_key())
    return found


def publishers_for(reader: str) -> tuple[str, ...]:
    """Return the services whose events this one reads."""
    return tuple(sorted({publisher_of(e) for e, readers in READERS.items() if reader in readers}))
