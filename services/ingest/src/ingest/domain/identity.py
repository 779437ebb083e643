"""What makes two messages speak of the same order."""

from typing import NamedTuple

from ingest.domain.draft import Draft
from ingest.domain.validation import key_reasons


class Identity(NamedTuple):
    channel: str
    shop: str
    channel_order_no: str


def identity_of(draft: Draft) -> Identity | None:
    """Return the order's identity; None where the draft has no number to tell it by."""
    number = draft.channel_order_no
    if not (draft.channel and draft.shop and number) or any(key_reasons("", number)):
        return None
    return Identity(draft.channel, draft.shop, number)
