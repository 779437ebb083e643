"""What the toy hears and says."""

from typing import ClassVar

from common.contracts.event import Event


class Noted(Event):
    """Somebody wants this written down."""

    TYPE: ClassVar[str] = "toy.noted"
    VERSION: ClassVar[int] = 1

    text: str


class Echoed(Event):
    """It was written down."""

    TYPE: ClassVar[str] = "toy.echoed"
    VERSION: ClassVar[int] = 1

    text: str
