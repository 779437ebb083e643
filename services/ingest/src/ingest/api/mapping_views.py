"""What the mapping desk is asked and what it shows."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ingest.api.views import ReasonView
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE
from ingest.store.mappings import EVERY_SHOP

PAYLOAD_MAX = 1_000_000
COMPARED_MAX = 500

Place = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]
Shop = Annotated[str, Field(max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]
Why = Annotated[str, Field(min_length=1, max_length=500, pattern=LEGIBLE)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PublishIn(Body):
    channel: Place
    shop: Shop = EVERY_SHOP
    """Empty: all shops of the channel that have no mapping of their own."""
    document: dict[str, Any]
    reason: Why


class ReasonIn(Body):
    reason: Why


class RollbackIn(Body):
    channel: Place
    shop: Shop = EVERY_SHOP
    reason: Why


class PreviewIn(Body):
    """A mapping and a message to read with it; neither is kept."""

    channel: Place
    shop: Shop = ""
    """Empty: the stored message's, or "preview"."""
    topic: Shop = ""
    document: dict[str, Any] | None = None
    """Absent: what is in force for this channel and shop."""
    payload: Annotated[str, Field(max_length=PAYLOAD_MAX)] | None = None
    """JSON as the channel sends it, as a text, so that no digit is lost on the way."""
    receipt_id: UUID | None = None
    """Or a message that came in."""


class CompareIn(Body):
    channel: Place
    shop: Shop = EVERY_SHOP
    document: dict[str, Any]
    last: Annotated[int, Field(ge=1, le=COMPARED_MAX)] = 100


class MappingView(BaseModel):
    id: UUID | None
    """None: it comes with Sluice."""
    channel: str
    shop: str
    name: str
    published_by: str | None = None
    published_at: datetime | None = None
    reason: str | None = None
    document: dict[str, Any] | None = None


class ChangeView(BaseModel):
    mapping_id: UUID | None
    """None: from then on, what comes with Sluice, or for a shop what its channel has."""
    changed_by: str
    changed_at: datetime
    reason: str


class MappingsView(BaseModel):
    in_force: list[MappingView]


class HistoryView(BaseModel):
    in_force: MappingView | None
    """What reads the messages of this channel and shop, wherever it was put in force."""
    published: list[MappingView]
    changes: list[ChangeView]


class FoundView(BaseModel):
    path: str
    value: str


class OriginView(BaseModel):
    """How a field was made: from which values of the payload, by which rule."""

    field: str
    value: str | None
    """What the field is in the end, as a text: exact, however many digits it has."""
    rule: str
    found: list[FoundView]
    formula: str | None
    constant: bool


class PreviewedOrderView(BaseModel):
    order: Any
    reasons: list[ReasonView]
    """What would send it to quarantine; empty: it would be let in."""
    cancelled: str | None
    held: str | None
    origins: list[OriginView]


class PreviewView(BaseModel):
    mapping_id: UUID | None
    """What it was read by; None: the document given, or the mapping that comes with Sluice."""
    orders: list[PreviewedOrderView]
    """The first of them, where there are very many."""
    skipped: int
    """Orders that the mapping passes over, or that only name one to fetch."""
    to_fetch: list[str]
    """Numbers of the orders that the message only names."""
    left_out: int


class FieldChangeView(BaseModel):
    field: str
    before: Any
    after: Any


class OrderChangeView(BaseModel):
    receipt_id: UUID
    channel_order_no: str | None
    fields: list[FieldChangeView]


class ComparisonView(BaseModel):
    messages: int
    orders: int
    changed: int
    changes: list[OrderChangeView]
    """The first of those that changed."""
    newly_wrong: int
    newly_right: int
    gone: int
    found: int


class MessageView(BaseModel):
    """A message that came in, to try a mapping with; what it says is not shown."""

    receipt_id: UUID
    shop: str
    topic: str
    received_at: datetime
    bytes: int
    channel_order_no: str | None
    """Of its first order."""
    statuses: list[str]
    """What became of its orders."""


class MessagesView(BaseModel):
    messages: list[MessageView]
