"""What a channel is to intake: how it proves who it is, what it says, and what it wants to hear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Unauthentic(Exception):  # noqa: N818 - says what the call is
    """The call does not prove that it is the channel's; the message says why, without a secret."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request of a platform, as it came."""

    headers: Mapping[str, str]
    """By their names in small letters."""
    query: Mapping[str, str]
    body: bytes
    url: str
    """As the platform knows it: some sign it."""
    now: float
    """Seconds since 1970, by our clock."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a platform says; a call may have several."""

    topic: str
    payload: bytes
    """JSON, decrypted and unpacked."""
    delivery_id: str | None = None
    """What stays the same when the platform says it again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform has to hear, word for word."""

    body: bytes
    status: int = 200
    media_type: str = "application/json"


class Channel(Protocol):
    """One sales channel. All of it is pure."""

    @property
    def name(self) -> str: ...

    @property
    def taken(self) -> Answer | None:
        """What it wants to hear when everything was stored; None: our receipt does."""

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        """Answer a call that only tests whether somebody listens; None where it is not one.

        Raises:
            Unauthentic: it is one, and does not prove that it is the channel's.
        """

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        """Return what the call says; any of the secrets may be the one in use.

        Raises:
            Unauthentic: the signature, the time or the receiver is wrong.
            Unreadable: it is authentic, and not in the channel's format.
        """
