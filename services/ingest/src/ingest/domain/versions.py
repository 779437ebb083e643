"""Versions of an order: which of two is the newer, and what the newer one changes.

What the channel sent is compared with what it sent before, not with what is stored: a person may
have corrected that, and a message that comes again must not undo it.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

from ingest.domain.draft import Draft

DIGEST_LENGTH = 16
_BETWEEN = ":"


class Seen(NamedTuple):
    """Digests of the parts of an order as the channel sent them last."""

    receiver: str
    memo: str
    lines: str

    def __str__(self) -> str:
        return _BETWEEN.join(self)


def seen_of(draft: Draft) -> Seen:
    return Seen(
        _digest((_told(draft.customer), _told(draft.address))),
        _digest(draft.memo),
        _digest(([_told(line) for line in draft.lines], _told(draft.amounts))),
    )


def _told(part: object) -> list[tuple[str, object]]:
    """Return what is there: a field that a later Sluice knows too is no change of older orders."""
    return [
        (name, value)
        for name in type(part).__slots__  # type: ignore[attr-defined]
        if (value := getattr(part, name)) is not None
    ]


def read_seen(text: str | None) -> Seen | None:
    """Return what was seen of an order; None of one that was stored before this was noted."""
    parts = (text or "").split(_BETWEEN)
    return Seen(*parts) if len(parts) == len(Seen._fields) else None


def _digest(part: object) -> str:
    return hashlib.sha256(repr(part).encode(errors="replace")).hexdigest()[:DIGEST_LENGTH]


def may_change(stored: datetime | None, incoming: datetime | None) -> bool:
    """Tell whether a message may change an order: it shows the version stored, or a newer one.

    A message that does not tell when its version was made cannot be told from an old one: of it
    only that is taken which is true of the order for ever, such as a payment.
    """
    return incoming is not None and (stored is None or incoming >= stored)


def hides(now: Draft, before: Draft) -> bool:
    """Tell whether the channel hides a receiver, as some do some time after the sale.

    A sealed one is hidden all the time: what seals him tells whether he is another.
    """
    return _is_masked(now) and not (now.customer.receiver_token and _is_masked(before))


def _is_masked(draft: Draft) -> bool:
    texts = (draft.customer.name, draft.customer.phone, draft.address.detail)
    return any("*" in (text or "") for text in texts)
