"""Packs: one AMQP message carries 1 to 50 events of one type, as a JSON array of messages.

The AMQP client's cost per message is the largest single cost of the pipeline; packs divide it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from common.database.work import Announced

EVENTS_MAX = 50
_PERSISTENT = 2
_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)  # finds ends; numbers stay as they are


@dataclass(frozen=True, slots=True)
class Pack:
    """Events of one type as they came off the wire."""

    delivery_tag: int
    type: str
    body: bytes
    events: int
    attempt: int
    """How many rungs of the retry ladder it has climbed."""
    deliveries: int
    """How often it was delivered before without being acknowledged."""


def read(message: DeliveredMessage) -> Pack:
    properties = message.header.properties
    headers = properties.headers or {}
    return Pack(
        delivery_tag=message.delivery_tag or 0,
        type=properties.message_type or message.routing_key or "",
        body=message.body,
        events=_number(headers.get("x-events"), default=1),
        attempt=_number(headers.get("x-attempt"), default=0),
        deliveries=_number(headers.get("x-delivery-count"), default=0),
    )


def _number(value: Any, *, default: int) -> int:
    return value if isinstance(value, int) else default


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One AMQP message to publish."""

    type: str
    body: bytes
    headers: dict[str, Any]

    def properties(self) -> Basic.Properties:
        return Basic.Properties(
            content_type="application/json",
            delivery_mode=_PERSISTENT,
            message_type=self.type,
            headers=self.headers,
        )


def pack(announced: Iterable[Announced]) -> Iterator[tuple[Outgoing, Sequence[Announced]]]:
    """Put events of one type together, in their order, at most EVENTS_MAX to a message."""
    by_type: dict[str, list[Announced]] = {}
    for event in announced:
        by_type.setdefault(event.type, []).append(event)
    for event_type, events in by_type.items():
        for start in range(0, len(events), EVENTS_MAX):
            some = events[start : start + EVENTS_MAX]
            body = f"[{','.join(event.body for event in some)}]".encode()
            yield Outgoing(event_type, body, {"x-events": len(some)}), some


def split(packed: Pack) -> list[bytes]:
    """Take a pack apart into bodies of one event each, every byte as it came.

    Raises:
        ValueError: the body is no JSON array.
    """
    text = packed.body.decode(errors="surrogateescape")
    if not isinstance(_DECODER.decode(text), list):
        raise ValueError("is no array of events")  # noqa: TRY004 - one kind of error for callers
    bodies: list[bytes] = []
    start = _skip_blanks(text, _skip_blanks(text, 0) + 1)
    while text[start] != "]":
        end = _DECODER.raw_decode(text, start)[1]
        bodies.append(f"[{text[start:end]}]".encode(errors="surrogateescape"))
        end = _skip_blanks(text, end)
        start = _skip_blanks(text, end + 1) if text[end] == "," else end
    return bodies


def _skip_blanks(text: str, start: int) -> int:
    match = _BLANK.match(text, start)
    return match.end() if match else start


def single(event_type: str, body: bytes, *, attempt: int = 0, **headers: str) -> Outgoing:
    extra = {f"x-{name.replace('_', '-')}": value for name, value in headers.items()}
    return Outgoing(event_type, body, {"x-events": 1, "x-attempt": attempt, **extra})
