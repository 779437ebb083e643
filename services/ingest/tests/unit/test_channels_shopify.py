"""Shopify's calls: who is let in, and what they say."""

import pytest
from ingest_material.signed import Signed, shopify

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.shopify import Shopify

BODY = '{"id":820982911946154508,"note":"放门口"}'.encode()
CHANNEL = Shopify()


def test_a_signed_call_is_one_message_with_its_topic_and_delivery() -> None:
    signed = shopify(BODY, "s", "orders/paid", **{"x-shopify-webhook-id": "d-1"})
    assert CHANNEL.open(signed.call(), ["s"]) == [Message("orders/paid", BODY, "d-1")]


def test_without_a_topic_it_is_a_new_order() -> None:
    (message,) = CHANNEL.open(shopify(BODY, "s").without("x-shopify-topic").call(), ["s"])
    assert (message.topic, message.delivery_id) == ("orders/create", None)


def test_either_secret_will_do() -> None:
    for secret in ("old", "new"):
        assert CHANNEL.open(shopify(BODY, secret).call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        shopify(BODY, "other"),
        shopify(BODY, "s").changed(body=BODY + b" "),
        shopify(BODY, "s").without("x-shopify-hmac-sha256"),
    ],
    ids=["wrong", "of another body", "missing"],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["s"])


def test_no_call_is_only_a_test_and_our_receipt_is_the_answer() -> None:
    assert CHANNEL.echo(shopify(BODY, "s").call(), ["s"]) is None
    assert CHANNEL.taken is None
