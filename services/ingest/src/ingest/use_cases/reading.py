"""From what a channel says to orders: JSON, exactly as written, through the mapping in force."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.mapping.applying import told
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.validation import Reason


@dataclass(frozen=True, slots=True)
class Read:
    """What a message says."""

    incoming: tuple[Incoming, ...] = ()
    to_fetch: tuple[str, ...] = ()
    """Numbers of orders that it names and does not carry."""
    unreadable: Reason | None = None


def exact_json(body: bytes | str) -> Any:
    """Read JSON without ever making a float: numbers are whole, or decimals as they are written.

    Raises:
        Unreadable: it is none.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body  # UTF-8 alone, and no half of it
        return _EXACT.decode(text)
    except (ValueError, RecursionError, InvalidOperation):  # the last: 1e9999999999999999999
        raise Unreadable("the payload is no JSON") from None


def _refuse(_: str) -> Any:
    raise ValueError


_EXACT = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


def orders_of(
    mapping: CompiledMapping | None, body: bytes, *, channel: str, shop: str, topic: str
) -> Read:
    """Return the orders in a payload; what cannot be read is an empty one for a person to see."""
    if mapping is None:
        message = "there is no mapping for this channel and shop"
        return unreadable_payload(channel, shop, message)
    try:
        payload = exact_json(body)
        said = told(mapping, payload, channel=channel, shop=shop, topic=topic)
        incoming = tuple(one for one in said.orders if one is not None)
        return Read(incoming, said.to_fetch)
    except Unreadable as error:
        return unreadable_payload(channel, shop, str(error))


def unreadable_payload(channel: str, shop: str, message: str) -> Read:
    reason = Reason("unreadable_payload", "body", f"{message[:1].upper()}{message[1:]}.")
    return Read((Incoming(Draft(channel=channel, shop=shop)),), unreadable=reason)
