"""Events published by risk; `decision_no` counts the decisions about one order, the last counts."""

from typing import ClassVar

from common.contracts.event import Event
from common.contracts.order import Order


class OrderApproved(Event):
    """The order may be fulfilled."""

    TYPE: ClassVar[str] = "order.approved"
    VERSION: ClassVar[int] = 1

    decision_no: int
    ruleset: str
    order: Order
    degraded: tuple[str, ...] = ()
    """Checks that were skipped; each is made up for by a later decision."""
    await_recheck: bool = False
    """Reserve, but let nothing leave before a later decision says so."""


class OrderHeld(Event):
    """A person has to look at the order before it may proceed."""

    TYPE: ClassVar[str] = "order.held"
    VERSION: ClassVar[int] = 1

    decision_no: int
    ruleset: str
    reasons: tuple[str, ...]


class OrderRejected(Event):
    """The order may not be fulfilled."""

    TYPE: ClassVar[str] = "order.rejected"
    VERSION: ClassVar[int] = 1

    decision_no: int
    ruleset: str
    reasons: tuple[str, ...]


class OrderFlagged(Event):
    """A check made up for later speaks against an approved order: hold it if it has not left."""

    TYPE: ClassVar[str] = "order.flagged"
    VERSION: ClassVar[int] = 1

    decision_no: int
    ruleset: str
    reasons: tuple[str, ...]
