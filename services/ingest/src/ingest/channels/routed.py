"""Taobao, JD and Pinduoduo: whole trades pushed by a gateway or by an own adapter.

None of the three has webhooks that carry a trade. What comes to this door is either the form of a
push gateway (field `json`, signed with its time; agiso.com, push documents) or a JSON body whose
query is signed as calls of their routers are, with the body before the last secret (Qimen). Such a
body may also be a row of Taobao's order push (`jdp_response`) or a message of its message service
(`topic`, `content`): both have the JSON that counts inside a text.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from ingest.channels.channel import Call, Message, Unauthentic
from ingest.channels.enveloped import text_at
from ingest.channels.signing import md5_hex, require, require_recent, router

TOLERANCE_SECONDS = 600.0
_CHINA = ZoneInfo("Asia/Shanghai")
_FORM = "application/x-www-form-urlencoded"
_FORM_FIELDS_MAX = 20
_MILLISECONDS = 10**11
_PUSH_TOPICS = {
    "1": "trade.created",
    "2": "trade.paid",
    "4": "trade.shipped",
    "256": "refund.created",
    "2048": "trade.sent",
    "4096": "trade.address",
    "32768": "refund.closed",
    "524288": "trade.memo",
    "1048576": "trade.shipped",
    "2097152": "trade.paid.notice",
}
"""Taobao's; the numbers of Pinduoduo's pushes mean other things, and what they carry says what."""
_ONCE = ("trade.created", "trade.paid", "trade.shipped", "refund.created")


class Routed:
    """One of the three: they differ in name alone."""

    def __init__(self, name: str) -> None:
        self.name = name

    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> None:
        del call, secrets

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        query = dict(call.query)
        require_recent(_seconds(query.get("timestamp", "")), call.now, TOLERANCE_SECONDS)
        if call.headers.get("content-type", "").startswith(_FORM):
            return [_pushed(query, _form(call.body), secrets)]
        signature = query.pop("sign", None)
        method = query.get("sign_method", "md5")
        require(signature and signature.upper(), router(query, method, call.body), secrets)
        topic, payload = _unwrapped(call.body)
        topic = query.get("method") or query.get("topic") or topic
        return [Message(topic, payload, query.get("message_id"))]


def _unwrapped(body: bytes) -> tuple[str, bytes]:
    """Return the topic and the JSON that counts: most bodies are it, and are not looked into."""
    if b'"jdp_response"' in body and (trade := text_at(body, "jdp_response")) is not None:
        return "trade", trade.encode(errors="surrogatepass")
    if b'"content"' in body and (topic := text_at(body, "topic")):
        content = text_at(body, "content")
        return topic, body if content is None else content.encode(errors="surrogatepass")
    return "trade", body


def _pushed(query: Mapping[str, str], form: Mapping[str, str], secrets: Sequence[str]) -> Message:
    text, time = form.get("json", ""), query.get("timestamp", "")
    given = query.get("sign") or form.get("sign") or ""
    signed = f"json{text}timestamp{time}".encode(errors="replace")
    require(given.lower(), md5_hex(lambda secret: secret + signed + secret), secrets)
    topic = _PUSH_TOPICS.get(query.get("aopic", ""), "trade")
    return Message(topic, text.encode(errors="replace"), _push_id(topic, text))


def _push_id(topic: str, text: str) -> str | None:
    """Return what a push sent again has in common: trade and state, or the refund.

    Memos, addresses and what else happens again in one state have no such name: a repeat of theirs
    is known by what it says.
    """
    if topic not in _ONCE:
        return None
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    parts = [str(payload.get(name, "")) for name in ("Tid", "Status", "RefundId", "Oid")]
    return f"{topic}:{':'.join(parts)}" if parts[0] else None


def _form(body: bytes) -> Mapping[str, str]:
    try:
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS_MAX)
        )
    except ValueError:  # whoever signs a push writes a form: it is nobody's we know
        raise Unauthentic("The form cannot be read.") from None


def _seconds(text: str) -> float:
    """Return a router's timestamp as seconds since 1970: Beijing's wall clock, or a number."""
    if text.isdecimal() and len(text) < len(str(2**63)):
        number = int(text)
        return number / 1000 if number >= _MILLISECONDS else float(number)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=_CHINA).timestamp()
    except (ValueError, OverflowError):
        raise Unauthentic("The call has no timestamp.") from None
