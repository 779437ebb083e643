"""Square's calls: the URL is signed with the body."""

import pytest
from ingest_material.signed import Signed, json_body, square

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.square import Square

EVENT = {
    "merchant_id": "M-1",
    "type": "order.created",
    "event_id": "e-1",
    "data": {"object": {"order_created": {"order_id": "sq-order-1"}}},
}
BODY = json_body(EVENT)
CHANNEL = Square()


def test_an_event_is_one_message_with_its_type_and_id() -> None:
    assert CHANNEL.open(square(BODY, "k").call(), ["k"]) == [Message("order.created", BODY, "e-1")]


def test_a_whole_order_is_an_order() -> None:
    body = json_body({"order": {"id": "sq-order-1"}})
    assert CHANNEL.open(square(body, "k").call(), ["k"]) == [Message("order", body, None)]


def test_either_secret_will_do() -> None:
    for secret in ("old", "new"):
        assert CHANNEL.open(square(BODY, secret).call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        square(BODY, "other"),
        square(BODY, "k").changed(body=BODY + b" "),
        square(BODY, "k").changed(url="https://orders.example.com/elsewhere"),
        square(BODY, "k").without("x-square-hmacsha256-signature"),
    ],
    ids=["wrong", "of another body", "of another URL", "missing"],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["k"])


def test_no_call_is_only_a_test() -> None:
    assert CHANNEL.echo(square(BODY, "k").call(), ["k"]) is None
