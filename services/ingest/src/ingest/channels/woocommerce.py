"""WooCommerce webhooks: X-WC-Webhook-Signature over the raw body, whole orders."""

import re
from collections.abc import Sequence

from ingest.channels.channel import Answer, Call, Message
from ingest.channels.signing import hmac_sha256_base64, require

_PING = re.compile(rb"webhook_id=\d{1,20}")
_SIGNATURE = "x-wc-webhook-signature"


class WooCommerce:
    name = "woocommerce"
    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> Answer | None:
        """The first delivery of a new webhook is a form with its id, unsigned."""
        del secrets
        if _SIGNATURE in call.headers or not _PING.fullmatch(call.body):
            return None
        return Answer(b"ok", media_type="text/plain")

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        signature = call.headers.get(_SIGNATURE)
        require(signature, hmac_sha256_base64(call.body), secrets)
        topic = call.headers.get("x-wc-webhook-topic", "order.created")
        delivery_id = call.headers.get("x-wc-webhook-delivery-id")
        # WooCommerce's own id is a hash of webhook and second: two orders in a second share it.
        # Together with the signature, which depends on the body, it is as unique as it has to be.
        return [Message(topic, call.body, delivery_id and f"{signature}:{delivery_id}")]
