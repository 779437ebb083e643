"""Square: the URL it calls and the body, signed together."""

from collections.abc import Sequence

from ingest.channels.channel import Call, Message
from ingest.channels.enveloped import text_at
from ingest.channels.signing import hmac_sha256_base64, require


class Square:
    name = "square"
    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> None:
        del call, secrets

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        signature = call.headers.get("x-square-hmacsha256-signature")
        require(signature, hmac_sha256_base64(call.url.encode() + call.body), secrets)
        topic = text_at(call.body, "type") or "order"
        return [Message(topic, call.body, text_at(call.body, "event_id"))]
