"""What publishers and readers say to each other about delivery; never in an outbox or an inbox."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
)

from common.messaging.pack import Outgoing

_ID_BYTES = 16


def _decode(value: object) -> object:
    if not isinstance(value, str):
        return value
    raw = b64decode(value, validate=True)
    if len(raw) % _ID_BYTES:
        raise ValueError("is no sequence of ids")
    return raw


def _encode(raw: bytes) -> str:
    return b64encode(raw).decode()


def _unpack(value: object) -> object:
    raw = _decode(value)
    if not isinstance(raw, bytes):
        return value
    starts = range(0, len(raw), _ID_BYTES)
    return tuple(UUID(bytes=raw[start : start + _ID_BYTES]) for start in starts)


def _pack(event_ids: Iterable[UUID]) -> str:
    return _encode(b"".join(each.bytes for each in event_ids))


RawIds = Annotated[bytes, BeforeValidator(_decode), PlainSerializer(_encode)]
"""16 bytes for each, and 22 characters on the wire: there are a thousand in a message."""
Ids = Annotated[tuple[UUID, ...], BeforeValidator(_unpack), PlainSerializer(_pack)]
"""The same on the wire."""


class _Control(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Inquiry(_Control):
    """A publisher asks its reader which of these events it has not taken up.

    It stands in the reader's own queue, behind the events: whoever reads it has read them.
    """

    publisher: str
    sent_at: AwareDatetime
    inquiry_id: UUID | None = None
    """None: a mark, to learn whether what was sent before it has been read."""
    event_ids: RawIds = b""
    """Looked up as they are: most have been taken up, and nothing else is done with them."""


class Answer(_Control):
    """The reader says which are missing, and which wait in a place that can get lost."""

    reader: str
    sent_at: AwareDatetime
    """Of the inquiry."""
    inquiry_id: UUID | None
    missing: Ids = ()
    aside: Ids = ()


class QueueLost(_Control):
    """A reader found a queue of its own gone, and has made it anew."""

    reader: str


INQUIRY = "ledger.inquiry.v1"
_TYPES: dict[type[_Control], str] = {
    Inquiry: INQUIRY,
    Answer: "ledger.answer.v1",
    QueueLost: "ledger.queue_lost.v1",
}

M = TypeVar("M", bound=_Control)


def outgoing(message: _Control) -> Outgoing:
    return Outgoing(_TYPES[type(message)], message.model_dump_json().encode(), {"x-events": 0})


def read(message_type: str, body: bytes) -> Answer | QueueLost | None:
    """Return what a service hears on its control queue; None for what it does not know.

    Raises:
        ValidationError: it is not what its type says.
    """
    for kind in (Answer, QueueLost):
        if message_type == _TYPES[kind]:
            return kind.model_validate_json(body)
    return None
