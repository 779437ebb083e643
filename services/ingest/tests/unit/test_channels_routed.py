"""Taobao, JD and Pinduoduo: a gateway's pushes, and calls signed as their routers' are."""

import pytest
from ingest_material.signed import FORM, NOW, Signed, json_body, pushed, routed

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.routed import Routed

TRADE = json_body({"trade": {"tid": 3_926_519_488_716_432_891, "buyer_message": "放门口"}})
PAID = '{"Tid":3926519488716432891,"Status":"WAIT_SELLER_SEND_GOODS"}'
CHANNEL = Routed("taobao")


def test_the_three_differ_in_name_alone() -> None:
    for name in ("taobao", "jd", "pdd"):
        channel = Routed(name)
        assert (channel.name, channel.taken) == (name, None)
        assert channel.echo(routed(TRADE, "s").call(), ["s"]) is None


# --- signed as routers are --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_a_call_may_be_signed_in_three_ways(method: str) -> None:
    signed = routed(TRADE, "s", sign_method=method, method="taobao.trade.fullinfo.get")
    expected = [Message("taobao.trade.fullinfo.get", TRADE, None)]
    assert CHANNEL.open(signed.call(), ["s"]) == expected
    small = signed.changed(query={**signed.query, "sign": signed.query["sign"].lower()})
    assert CHANNEL.open(small.call(), ["s"]) == expected


def test_a_call_may_tell_its_topic_and_its_id() -> None:
    signed = routed(TRADE, "s", topic="taobao_trade_TradeBuyerPay", message_id="m-1", empty="")
    expected = [Message("taobao_trade_TradeBuyerPay", TRADE, "m-1")]
    assert CHANNEL.open(signed.call(), ["s"]) == expected
    assert CHANNEL.open(routed(TRADE, "s").call(), ["s"]) == [Message("trade", TRADE, None)]


def test_a_row_of_the_order_push_is_the_trade_inside_it() -> None:
    row = json_body({"tid": 1, "status": "TRADE_FINISHED", "jdp_response": TRADE.decode()})
    assert CHANNEL.open(routed(row, "s").call(), ["s"]) == [Message("trade", TRADE, None)]
    no_text = json_body({"jdp_response": {"tid": 1}})
    assert CHANNEL.open(routed(no_text, "s").call(), ["s"]) == [Message("trade", no_text, None)]


def test_a_message_of_the_message_service_tells_its_topic_itself() -> None:
    body = json_body({"id": 7, "topic": "taobao_trade_TradeBuyerPay", "content": '{"tid":1}'})
    (message,) = CHANNEL.open(routed(body, "s").call(), ["s"])
    assert message == Message("taobao_trade_TradeBuyerPay", b'{"tid":1}', None)
    plain = json_body({"tid": 1, "content": "a word of the buyer"})
    assert CHANNEL.open(routed(plain, "s").call(), ["s"]) == [Message("trade", plain, None)]
    no_text = json_body({"topic": "t", "content": {"tid": 1}})  # nothing of it is lost
    assert CHANNEL.open(routed(no_text, "s").call(), ["s"]) == [Message("t", no_text, None)]


def test_either_secret_will_do() -> None:
    for secret in ("old", "new"):
        assert CHANNEL.open(routed(TRADE, secret).call(), ["old", "new"])
        assert CHANNEL.open(pushed(PAID, secret).call(), ["old", "new"])


SIGNED = routed(TRADE, "s")
PUSHED = pushed(PAID, "s")


@pytest.mark.parametrize(
    "signed",
    {
        "wrong": routed(TRADE, "other"),
        "of another body": SIGNED.changed(body=TRADE + b" "),
        "of another parameter": SIGNED.changed(query={**SIGNED.query, "app_key": "12345"}),
        "in another way": SIGNED.changed(query={**SIGNED.query, "sign_method": "hmac"}),
        "missing": SIGNED.without("sign"),
        "a form that is wrong": pushed(PAID, "other"),
        "a form of another text": PUSHED.changed(body=pushed(PAID + " ", "s").body),
        "a form that is not signed": PUSHED.without("sign"),
        "a form that is empty": PUSHED.changed(body=b""),
    }.values(),
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["s"])


@pytest.mark.parametrize(
    "time", ["2025-11-22 10:00:00", str(int(NOW)), f"{int(NOW)}000", "2025-11-22T10:00:00"]
)
def test_a_time_is_beijings_or_a_number(time: str) -> None:
    signed = routed(TRADE, "s", timestamp=time)
    for near in (-599, 0, 599):
        assert CHANNEL.open(signed.call(NOW + near), ["s"])
    for far in (-601, 601, 28_800):
        with pytest.raises(Unauthentic, match="last minutes"):
            CHANNEL.open(signed.call(NOW + far), ["s"])


def test_an_old_push_is_not_let_in() -> None:
    with pytest.raises(Unauthentic, match="last minutes"):
        CHANNEL.open(PUSHED.call(NOW + 601), ["s"])


@pytest.mark.parametrize("time", ["", "now", "9" * 40, "²", "0001-01-01 00:00:00", "-1"])
def test_a_time_that_is_none_is_not_let_in(time: str) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(routed(TRADE, "s", timestamp=time).call(), ["s"])
    with pytest.raises(Unauthentic):
        CHANNEL.open(pushed(PAID, "s", timestamp=time).call(), ["s"])


# --- pushed by a gateway ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aopic", "topic"),
    [
        ("1", "trade.created"),
        ("2", "trade.paid"),
        ("256", "refund.created"),
        ("2048", "trade.sent"),
        ("32768", "refund.closed"),
        ("524288", "trade.memo"),
        ("1048576", "trade.shipped"),
        ("2097152", "trade.paid.notice"),
        ("9", "trade"),
    ],
)
def test_a_push_says_what_it_is_about(aopic: str, topic: str) -> None:
    (message,) = CHANNEL.open(pushed(PAID, "s", aopic).call(), ["s"])
    assert (message.topic, message.payload) == (topic, PAID.encode())


def test_a_push_sent_again_has_the_same_id_and_another_state_another() -> None:
    def delivery(text: str, aopic: str = "2") -> str | None:
        (message,) = CHANNEL.open(pushed(text, "s", aopic).call(), ["s"])
        return message.delivery_id

    assert delivery(PAID) == delivery(PAID) is not None
    assert delivery(PAID) != delivery(PAID.replace("WAIT_SELLER_SEND_GOODS", "TRADE_CLOSED"))
    assert delivery('{"Tid":1,"RefundId":"7"}', "256") != delivery(
        '{"Tid":1,"RefundId":"8"}', "256"
    )
    for aopic in ("2048", "4096", "524288", "9"):  # a memo, an address: as often as somebody likes
        assert delivery(PAID, aopic) is None
    for text in ("{", "[]", "{}", "1"):
        assert delivery(text) is None


def test_a_form_may_carry_its_signature_itself_and_text_of_any_language() -> None:
    text = '{"Tid":"1","BuyerMessage":"周末 & 配送+1"}'
    signed = pushed(text, "s")
    body = signed.body + f"&sign={signed.query['sign'].upper()}".encode()
    (message,) = CHANNEL.open(signed.without("sign").changed(body=body).call(), ["s"])
    assert message.payload == text.encode()


@pytest.mark.parametrize("body", [b"a=1&" * 30, b"json=%ff\xff"])
def test_a_form_that_cannot_be_read_is_not_signed_either(body: bytes) -> None:
    signed = PUSHED.changed(body=body, headers={"content-type": f"{FORM}; charset=utf-8"})
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["s"])
