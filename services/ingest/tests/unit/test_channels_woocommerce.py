"""WooCommerce's calls: the first ping, signatures, and deliveries of one second."""

import pytest
from ingest_material.signed import Signed, woocommerce

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.woocommerce import WooCommerce

BODY = b'{"id":727}'
DELIVERY = {"x-wc-webhook-delivery-id": "d41d8cd98f00b204e9800998ecf8427e"}
CHANNEL = WooCommerce()


def delivery_id(signed: Signed) -> str | None:
    (message,) = CHANNEL.open(signed.call(), ["s"])
    return message.delivery_id


def test_a_signed_call_is_one_message_with_its_topic() -> None:
    signed = woocommerce(BODY, "s", "order.updated")
    assert CHANNEL.open(signed.call(), ["s"]) == [Message("order.updated", BODY, None)]
    assert CHANNEL.open(signed.without("x-wc-webhook-topic").call(), ["s"])[0].topic == (
        "order.created"
    )


def test_either_secret_will_do() -> None:
    for secret in ("old", "new"):
        assert CHANNEL.open(woocommerce(BODY, secret).call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        woocommerce(BODY, "other"),
        woocommerce(BODY, "s").changed(body=BODY + b" "),
        woocommerce(BODY, "s").without("x-wc-webhook-signature"),
    ],
    ids=["wrong", "of another body", "missing"],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["s"])


def test_a_ping_is_a_form_with_nothing_but_an_id_and_no_signature() -> None:
    echo = CHANNEL.echo(Signed(b"webhook_id=12").call(), [])
    assert echo is not None
    assert (echo.status, echo.body) == (200, b"ok")
    for body in (
        b"",
        b"webhook_id=",
        b"webhook_id=12&x=1",
        b"webhook_id=1a",
        b"{}",
        b"webhook_id=1\n",
    ):
        assert CHANNEL.echo(Signed(body).call(), []) is None
    signed = Signed(b"webhook_id=12", {"x-wc-webhook-signature": "x"})
    assert CHANNEL.echo(signed.call(), []) is None


def test_two_orders_of_one_second_are_two_deliveries() -> None:
    """WooCommerce makes its delivery id from the webhook and the second, whatever the order."""
    first = delivery_id(woocommerce(BODY, "s", **DELIVERY))
    assert first != delivery_id(woocommerce(b'{"id":728}', "s", **DELIVERY))
    assert first == delivery_id(woocommerce(BODY, "s", **DELIVERY))
    assert first is not None
