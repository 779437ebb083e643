"""What intake asks a sales channel for, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable


class ChannelTrouble(Exception):  # noqa: N818 - names what the channel is in
    """The channel gave no usable answer; the message is a code, without anything personal."""


class Away(ChannelTrouble):
    """It did not answer, or said that it cannot just now: the same again may work."""


class TokenRefused(Away):
    """The access token is no longer good: the same with a new one may work."""


class Throttled(ChannelTrouble):
    """It wants to be asked less often."""

    def __init__(self, code: str, after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.after_seconds = after_seconds
        """How long it says to wait; None where it does not say."""


class Refused(ChannelTrouble):
    """It does not take the call; the same again is not going to help by itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One order in a channel's list."""

    number: str
    """As the mapping reads it from the order itself."""
    changed_at: datetime | None = None
    raw: bytes | None = None
    """The whole order as the mapping reads it; None where the list only names it."""


@dataclass(frozen=True, slots=True)
class Page:
    orders: Sequence[Listed]
    next: str | None = None
    """What to ask for next; None: this was the last."""


class ChannelApi(Protocol):
    """The order API of one shop."""

    @property
    def topic(self) -> str:
        """What its orders are read as: mappings know whole orders by it."""

    @property
    def window_max(self) -> timedelta:
        """The longest time one list may cover."""

    @property
    def settled_after(self) -> timedelta:
        """How old a change must be to be listed for certain."""

    async def order(self, number: str) -> bytes | None:
        """Return an order as JSON, or None where the channel knows none of this number.

        Raises:
            ChannelTrouble: there was no usable answer.
        """

    async def orders(self, since: datetime, until: datetime, page: str | None) -> Page:
        """Return a part of the orders that changed within this time; `page` is what `next` said.

        Raises:
            ChannelTrouble: as `order` does.
        """


@runtime_checkable
class Subscribed(Protocol):
    """An API that also knows which of our addresses the channel calls."""

    async def resubscribe(self, address: str, secret: str) -> Sequence[str]:
        """See that the channel calls this address; return the topics it had ceased to call for.

        Raises:
            ChannelTrouble: there was no usable answer.
        """
