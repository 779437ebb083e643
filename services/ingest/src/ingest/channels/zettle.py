"""Zettle, a point of sale: time and payload, signed together in hex.

An event carries its payload as JSON inside a text; a purchase may come by itself as well, with the
time in a header.
"""

from collections.abc import Sequence

from ingest.channels.channel import Answer, Call, Message
from ingest.channels.enveloped import text_at
from ingest.channels.signing import hmac_sha256_hex, require

TEST = "TestMessage"


class Zettle:
    name = "zettle"
    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        if text_at(call.body, "eventName") != TEST:
            return None
        self._require(call, secrets)
        return Answer(b"ok", media_type="text/plain")

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        payload = self._require(call, secrets)
        topic = text_at(call.body, "eventName") or "PurchaseCreated"
        return [Message(topic, payload, text_at(call.body, "messageUuid"))]

    def _require(self, call: Call, secrets: Sequence[str]) -> bytes:
        inner = text_at(call.body, "payload")
        payload = call.body if inner is None else inner.encode(errors="surrogatepass")
        time = text_at(call.body, "timestamp") or call.headers.get("x-izettle-timestamp", "")
        signed = time.encode(errors="replace") + b"." + payload
        require(call.headers.get("x-izettle-signature"), hmac_sha256_hex(signed), secrets)
        return payload
