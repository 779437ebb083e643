"""Zettle's calls: a payload inside an event, signed with its time; and its test message."""

import hmac

import pytest
from ingest_material.signed import Signed, zettle

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.zettle import Zettle

PAYLOAD = '{"purchaseUUID1":"7d2f","amount":4500}'
CHANNEL = Zettle()


def test_an_event_is_one_message_with_what_is_inside() -> None:
    signed = zettle(PAYLOAD, "k", messageUuid="m-1")
    expected = [Message("PurchaseCreated", PAYLOAD.encode(), "m-1")]
    assert CHANNEL.open(signed.call(), ["k"]) == expected


def test_a_purchase_by_itself_has_its_time_in_a_header() -> None:
    body, time = PAYLOAD.encode(), "2025-11-22T02:00:00Z"
    signature = hmac.digest(b"k", time.encode() + b"." + body, "sha256").hex()
    headers = {"x-izettle-signature": signature, "x-izettle-timestamp": time}
    expected = [Message("PurchaseCreated", body, None)]
    assert CHANNEL.open(Signed(body, headers).call(), ["k"]) == expected


def test_either_secret_will_do() -> None:
    for secret in ("old", "new"):
        assert CHANNEL.open(zettle(PAYLOAD, secret).call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        zettle(PAYLOAD, "other"),
        zettle(PAYLOAD, "k").changed(body=zettle(PAYLOAD + " ", "k").body),
        zettle(PAYLOAD, "k").changed(body=zettle(PAYLOAD, "k").body.replace(b"02:00", b"02:01")),
        zettle(PAYLOAD, "k").without("x-izettle-signature"),
    ],
    ids=["wrong", "of another payload", "of another time", "missing"],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["k"])


def test_a_test_message_is_answered_if_it_is_signed() -> None:
    signed = zettle('{"data":"payload"}', "k", "TestMessage")
    echo = CHANNEL.echo(signed.call(), ["k"])
    assert echo is not None
    assert echo.status == 200
    assert CHANNEL.echo(zettle(PAYLOAD, "k").call(), ["k"]) is None
    with pytest.raises(Unauthentic):
        CHANNEL.echo(signed.call(), ["another"])
