"""Events published by fulfillment; `version` counts the steps of one order, higher is later."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from common.contracts.event import Event


class OrderAllocated(Event):
    """Stock is reserved in one warehouse, which has a task to pick it."""

    TYPE: ClassVar[str] = "order.allocated"
    VERSION: ClassVar[int] = 1

    version: int
    warehouse: str
    task_id: UUID


class OrderBackordered(Event):
    """No warehouse can supply the order now; it is allocated when stock comes in."""

    TYPE: ClassVar[str] = "order.backordered"
    VERSION: ClassVar[int] = 1

    version: int


class OrderHandedOver(Event):
    """The parcel is with the courier."""

    TYPE: ClassVar[str] = "order.handed_over"
    VERSION: ClassVar[int] = 1

    version: int
    warehouse: str
    courier: str
    tracking_no: str
    handed_over_at: AwareDatetime


class OrderCancelled(Event):
    """The order will not be fulfilled; what it had reserved is free again."""

    TYPE: ClassVar[str] = "order.cancelled"
    VERSION: ClassVar[int] = 1

    version: int
    reason: str


class HoldMissed(Event):
    """The order had left when risk asked to hold it."""

    TYPE: ClassVar[str] = "hold.missed"
    VERSION: ClassVar[int] = 1

    decision_no: int
    """Of the decision that came too late."""
    state: str


class LinesMissed(Event):
    """Other lines of an order were not taken: it had left, or they ask for more than was approved.

    A person has to look after it.
    """

    TYPE: ClassVar[str] = "lines.missed"
    VERSION: ClassVar[int] = 1

    lines_no: int
    state: str
    """Of the order, when the lines came."""


class ChangeMissed(Event):
    """The order had left when the channel wanted it kept back, or sent to another address."""

    TYPE: ClassVar[str] = "change.missed"
    VERSION: ClassVar[int] = 1

    change: Literal["hold", "address"]
    change_no: int
    """The `hold_no` or `address_no` of the event that came too late."""
    state: str
