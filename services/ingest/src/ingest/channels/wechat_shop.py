"""WeChat Shop: encrypted events, in JSON or XML, that name an order; `success` is the answer.

The secret of a shop is written `token:EncodingAESKey:appid`; with the token alone only plain
messages are taken (WeChat's plain mode, whose signature leaves the body out).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from ingest.channels.channel import Answer, Call, Message, Unauthentic
from ingest.channels.signing import require, require_recent
from ingest.channels.wechat_crypto import decrypt, signature
from ingest.domain.mapping.problems import Unreadable

TOLERANCE_SECONDS = 3_600.0
"""WeChat sends again for up to an hour, and signs anew only what it sends anew."""


class WechatShop:
    name = "wechat_shop"
    taken = Answer(b"success", media_type="text/plain")

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        """Setting up the push, WeChat asks for a text back."""
        text = call.query.get("echostr")
        if text is None or call.body:
            return None
        parts = (call.query.get("timestamp", ""), call.query.get("nonce", ""))
        require(
            call.query.get("signature"), lambda secret: signature(_token(secret), *parts), secrets
        )
        return Answer(text.encode(errors="replace"), media_type="text/plain")

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        query = call.query
        parts = (query.get("timestamp", ""), query.get("nonce", ""))
        require_recent(_number(parts[0]), call.now, TOLERANCE_SECONDS)
        envelope = _envelope(call.body)
        sealed = envelope.get("Encrypt") if envelope else None
        if isinstance(sealed, str):
            signed = (*parts, sealed)
            given = query.get("msg_signature")
            require(given, lambda secret: signature(_token(secret), *signed), secrets)
            envelope = _envelope(_decrypted(sealed, secrets))
        else:
            # The signature of a plain message leaves its body out: a shop with a key has none.
            plain = [secret for secret in secrets if ":" not in secret]
            given = query.get("signature")
            require(given, lambda secret: signature(_token(secret), *parts), plain)
        if envelope is None:
            raise Unreadable("the payload is neither JSON nor XML of WeChat's kind")
        topic = str(envelope.get("Event", "order"))
        return [Message(topic, json.dumps(envelope).encode(), _delivery_id(topic, envelope))]


def _token(secret: str) -> str:
    return secret.partition(":")[0]


def _decrypted(sealed: str, secrets: Sequence[str]) -> bytes:
    failed = Unauthentic("The shop has no key for encrypted messages.")
    for secret in secrets:
        _, _, rest = secret.partition(":")
        key, _, app_id = rest.partition(":")
        if key:
            try:
                return decrypt(key, app_id, sealed)
            except Unauthentic as error:
                failed = error
    raise failed


def _envelope(body: bytes) -> Mapping[str, Any] | None:
    """Read JSON, or XML; no entity is ever resolved. What is neither may still be authentic."""
    try:
        if body.lstrip()[:1] != b"<":
            found = json.loads(body, parse_float=str)
            if isinstance(found, dict):
                return found
        else:
            return _fields(fromstring(body, forbid_dtd=True))
    except (ValueError, LookupError, RecursionError, ParseError, DefusedXmlException):
        pass
    return None


def _fields(element: Any) -> dict[str, Any]:
    return {
        child.tag: _fields(child) if len(child) else (child.text or "").strip() for child in element
    }


def _delivery_id(topic: str, envelope: Mapping[str, Any]) -> str | None:
    """What WeChat sends again has the same event, order and second."""
    info = envelope.get("order_info")
    number = info.get("order_id") if isinstance(info, dict) else None
    return f"{topic}:{number}:{envelope.get('CreateTime')}" if number else None


def _number(text: str) -> float:
    if not text.isdecimal() or len(text) > len(str(2**63)):
        raise Unauthentic("The call has no timestamp.")
    return float(text)
