"""Shopify webhooks: X-Shopify-Hmac-Sha256 over the raw body, whole orders."""

from collections.abc import Sequence

from ingest.channels.channel import Call, Message
from ingest.channels.signing import hmac_sha256_base64, require


class Shopify:
    name = "shopify"
    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> None:
        del call, secrets

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        signature = call.headers.get("x-shopify-hmac-sha256")
        require(signature, hmac_sha256_base64(call.body), secrets)
        topic = call.headers.get("x-shopify-topic", "orders/create")
        # The same when it is sent again.
        return [Message(topic, call.body, call.headers.get("x-shopify-webhook-id"))]
