"""A channel that nobody wrote code for: what it needs is told by the setting CHANNELS."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.channels.channel import Answer, Call, Message
from ingest.channels.proofs import Proof
from ingest.domain.mapping.paths import Step, read
from ingest.domain.mapping.problems import Unreadable

TOPIC = "order"
CHALLENGE_LENGTH_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in a call a text is: in a header or in its JSON; else it is always the same."""

    header: str | None = None
    path: tuple[Step, ...] | None = None
    value: str | None = None

    def of(self, call: Call) -> str | None:
        if self.header is not None:
            return call.headers.get(self.header) or None
        return self.value if self.path is None else _text_at(call.body, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A text that a platform wants back when the address is set up."""

    name: str
    query: bool
    """Whether it is a parameter of the address; else it is in the JSON."""
    path: tuple[Step, ...] = ()
    proof: Proof | None
    """None: it comes without any. What is given back is only ever what was sent."""
    as_json: bool = False

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        if self.query:  # with a body it is a message, whatever its address says
            given = None if call.body else call.query.get(self.name)
        else:
            given = _text_at(call.body, self.path)
        if given is None or len(given) > CHALLENGE_LENGTH_MAX:
            return None
        if self.proof is not None:
            self.proof.check(call, secrets)
        if self.as_json:
            return Answer(json.dumps({self.name: given}).encode())
        return Answer(given.encode(errors="replace"), media_type="text/plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    name: str
    proof: Proof
    topic: Source = Source(value=TOPIC)
    delivery_id: Source | None = None
    payload: tuple[Step, ...] | None = None
    """Where in the JSON the order is, as an object or as a text of JSON; None: it is all of it."""
    taken: Answer | None = None
    challenge: Challenge | None = None

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        return self.challenge.echo(call, secrets) if self.challenge else None

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        self.proof.check(call, secrets)
        payload = call.body if self.payload is None else _inside(call.body, self.payload)
        delivery_id = self.delivery_id.of(call) if self.delivery_id else None
        return [Message(self.topic.of(call) or TOPIC, payload, delivery_id)]


def _inside(body: bytes, path: tuple[Step, ...]) -> bytes:
    found = read(_json(body), path)
    if found is None:
        raise Unreadable("there is nothing where the order's own JSON should be")
    if isinstance(found, str):
        return found.encode(errors="surrogatepass")
    try:
        return _written(found).encode()
    except RecursionError:
        raise Unreadable("the payload is nested too deeply") from None


def _text_at(body: bytes, path: tuple[Step, ...]) -> str | None:
    """Return a text, or a number as it is written; None where there is neither."""
    try:
        found = read(_json(body), path)
    except Unreadable:
        return None
    if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
        return None
    return str(found) or None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, InvalidOperation):
        raise Unreadable("the payload is no JSON") from None


def _refuse(_: str) -> Any:
    raise ValueError


def _written(value: Any) -> str:
    """Write JSON with every number as it was: `json` has no decimals but floats."""
    if isinstance(value, dict):
        fields = (f"{json.dumps(name)}:{_written(one)}" for name, one in value.items())
        return f"{{{','.join(fields)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
