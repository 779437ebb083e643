"""What a channel is to intake: how it proves who it is, and what its messages mean."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ingest.domain.draft import Draft


@dataclass(frozen=True, slots=True)
class Incoming:
    """One order as a message tells of it."""

    draft: Draft
    cancelled: str | None = None
    """Why the channel cancelled it, where it did."""


class Unreadable(ValueError):  # noqa: N818 - says what the payload is
    """The payload has not the channel's shape; the message names the field, never the value."""


class Channel(Protocol):
    """One sales channel. All of it is pure."""

    @property
    def name(self) -> str: ...

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether this only tests that somebody listens; a ping carries no signature."""

    def is_authentic(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
        """Check the signature over the raw body; any of the secrets may be the one in use."""

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        """Return what stays the same when the channel sends a message again."""

    def topic(self, headers: Mapping[str, str]) -> str: ...

    def translate(self, topic: str, payload: Any, shop: str) -> Sequence[Incoming]:
        """Return the orders in the payload; none where the topic is not about orders.

        Raises:
            Unreadable: the payload has not the channel's shape.
        """


def is_base64_hmac_sha256(signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Compare in constant time with what each secret would have signed."""
    given = signature.encode(errors="replace")
    matches = [
        hmac.compare_digest(
            b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()), given
        )
        for secret in secrets
    ]
    return any(matches)
