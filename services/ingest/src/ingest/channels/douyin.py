"""Douyin shop: arrays of events, signed by the md5 of app key, body and secret.

Most events are thin and name the order only; what carries a whole order is read as one. Names and
types differ between documents (`msgId` and `msg_id`, numbers and texts), so both are taken.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ingest.channels.channel import Answer, Call, Message
from ingest.channels.signing import md5_hex, require
from ingest.domain.mapping.problems import Unreadable

EVENTS_MAX = 200
PING = "0"


class Douyin:
    name = "douyin"
    taken = Answer(b'{"code":0,"msg":"success"}')

    def echo(self, call: Call, secrets: Sequence[str]) -> None:
        del call, secrets

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        key = call.headers.get("app-id", "").encode(errors="replace")
        given = call.headers.get("event-sign", "").lower()
        require(given, md5_hex(lambda secret: key + call.body + secret), secrets)
        return list(_messages(call.body))


def _messages(body: bytes) -> Iterator[Message]:
    try:
        events = json.loads(body, parse_float=str)  # digits stay as they are written
    except (ValueError, RecursionError):
        raise Unreadable("the payload is no JSON") from None
    if isinstance(events, dict):
        events = [events]
    if not isinstance(events, list) or len(events) > EVENTS_MAX:
        raise Unreadable(f"the payload is no list of up to {EVENTS_MAX} events")
    for event in events:
        if not isinstance(event, dict):
            raise Unreadable("an event is no object")
        if "tag" not in event:  # a whole order, as the API answers it
            yield Message("order", body)
            return
        message_id = event.get("msgId", event.get("msg_id"))
        topic = str(event["tag"])
        if topic != PING or _names_an_order(event.get("data")):
            yield Message(topic, _data(event), None if message_id is None else str(message_id))


def _names_an_order(data: Any) -> bool:
    """Tell a new order, whose tag is a ping's too, from a ping: that has a time and no object."""
    return isinstance(data, dict) or (isinstance(data, str) and data.lstrip().startswith("{"))


def _data(event: dict[str, Any]) -> bytes:
    data = event.get("data")
    text = data if isinstance(data, str) else json.dumps(data)
    return text.encode(errors="surrogatepass")  # half a character is no JSON, and says so later
