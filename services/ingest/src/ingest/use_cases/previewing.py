"""What a mapping makes of one message, with where each field came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.domain.draft import Draft
from ingest.domain.incoming import Incoming
from ingest.domain.leaves import as_text, leaves
from ingest.domain.mapping.applying import told
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.mapping.tracing import Origin, origins
from ingest.domain.validation import Reason, checked
from ingest.store.receipts import KeptMessage
from ingest.use_cases.reading import exact_json
from ingest.use_cases.submission import all_reasons

ORDERS_SHOWN_MAX = 20
ORIGINS_SHOWN_MAX = 1_000


@dataclass(frozen=True, slots=True)
class PreviewedField:
    field: str
    value: str | None
    """What the field is in the end, as a text: exact, however many digits it has."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class PreviewedOrder:
    draft: Draft
    reasons: tuple[Reason, ...]
    cancelled: str | None
    held: str | None
    fields: tuple[PreviewedField, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    orders: tuple[PreviewedOrder, ...]
    skipped: int
    to_fetch: tuple[str, ...]
    left_out: int


def preview(mapping: CompiledMapping, message: KeptMessage, *, at: datetime) -> Preview:
    """Read a message.

    Raises:
        Unreadable: it is nothing that the mapping is for.
    """
    payload = exact_json(message.body)
    shop, topic = message.shop, message.topic
    said = told(mapping, payload, channel=message.channel, shop=shop, topic=topic)
    made = origins(mapping, payload, shop=shop, topic=topic)
    read = [(order, how) for order, how in zip(said.orders, made, strict=True) if order is not None]
    return Preview(
        orders=tuple(_previewed(order, how, at) for order, how in read[:ORDERS_SHOWN_MAX]),
        skipped=len(said.orders) - len(read),
        to_fetch=said.to_fetch,
        left_out=max(len(read) - ORDERS_SHOWN_MAX, 0),
    )


def _previewed(incoming: Incoming, how: Sequence[Origin], at: datetime) -> PreviewedOrder:
    draft, found = checked(incoming.draft, at)
    values = leaves(draft) | {"changed_at": incoming.changed_at}
    return PreviewedOrder(
        draft=draft,
        reasons=all_reasons(incoming, found),
        cancelled=incoming.cancelled,
        held=incoming.held,
        fields=tuple(
            PreviewedField(origin.field, as_text(values.get(origin.field)), origin)
            for origin in how[:ORIGINS_SHOWN_MAX]
        ),
    )
