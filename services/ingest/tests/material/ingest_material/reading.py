"""Messages of channels, read as intake reads them: exact JSON, through the channel's mapping."""

import json
from typing import Any

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.mapping.applying import told
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.validation import Reason, checked
from ingest.mappings import built_in
from ingest.use_cases.reading import exact_json
from ingest_material.drafts import NOW


def mapping_of(channel: str) -> CompiledMapping:
    mapping = built_in(channel)
    assert mapping is not None
    return mapping


def exact(payload: Any) -> Any:
    """Read a payload as it is written in JSON; anything but bytes and text is written first."""
    return exact_json(payload if isinstance(payload, bytes | str) else json.dumps(payload))


def apply(
    mapping: CompiledMapping, payload: Any, *, channel: str, shop: str, topic: str
) -> list[Incoming]:
    """Return the orders that the payload carries."""
    said = told(mapping, payload, channel=channel, shop=shop, topic=topic)
    return [one for one in said.orders if one is not None]


def read_all(
    channel: str, payload: Any, topic: str = "order", shop: str = "demo"
) -> list[Incoming]:
    return apply(mapping_of(channel), exact(payload), channel=channel, shop=shop, topic=topic)


def read(channel: str, payload: Any, topic: str = "order", shop: str = "demo") -> Incoming:
    (incoming,) = read_all(channel, payload, topic, shop)
    return incoming


def to_fetch(channel: str, payload: Any, topic: str, shop: str = "demo") -> list[str]:
    mapping = mapping_of(channel)
    return list(told(mapping, exact(payload), channel=channel, shop=shop, topic=topic).to_fetch)


def judged(incoming: Incoming) -> tuple[Draft, list[Reason]]:
    """Return the order in the one format, and all that keeps it out."""
    draft, reasons = checked(incoming.draft, NOW)
    return draft, [*incoming.problems, *reasons]


def reasons_of(incoming: Incoming) -> list[tuple[str, str]]:
    return [(reason.code, reason.field) for reason in judged(incoming)[1]]
