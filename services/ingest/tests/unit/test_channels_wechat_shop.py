"""WeChat Shop's calls: encrypted or plain, JSON or XML."""

import json
from base64 import b64encode

import pytest
from ingest_material.reading import to_fetch
from ingest_material.signed import (
    NOW,
    Signed,
    json_body,
    seal,
    wechat_plain,
    wechat_sealed,
)

from ingest.channels.channel import Unauthentic
from ingest.channels.wechat_crypto import decrypt
from ingest.channels.wechat_shop import WechatShop
from ingest.domain.mapping.problems import Unreadable

KEY = b64encode(bytes(range(32))).decode().rstrip("=")
OTHER_KEY = b64encode(bytes(range(1, 33))).decode().rstrip("=")
SECRET = f"token:{KEY}:wx0001"
EVENT = {
    "ToUserName": "gh_1",
    "CreateTime": 1_763_776_800,
    "MsgType": "event",
    "Event": "channels_ec_order_pay",
    "order_info": {"order_id": 3_726_519_488_716_432_891, "pay_time": "1763776790"},
}
BODY = json_body(EVENT)
XML = (
    b"<xml><CreateTime>1763776800</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    b"<Event>channels_ec_order_pay</Event>"
    b"<order_info><order_id>3726519488716432891</order_id></order_info></xml>"
)
CHANNEL = WechatShop()


def order_of(signed: Signed, *secrets: str) -> list[str]:
    (message,) = CHANNEL.open(signed.call(), secrets or [SECRET])
    assert message.delivery_id == "channels_ec_order_pay:3726519488716432891:1763776800"
    return to_fetch("wechat_shop", message.payload, message.topic)


@pytest.mark.parametrize("message", [BODY, XML], ids=["JSON", "XML"])
@pytest.mark.parametrize("xml", [False, True], ids=["in JSON", "in XML"])
def test_an_encrypted_event_names_its_order(message: bytes, xml: bool) -> None:  # noqa: FBT001
    assert order_of(wechat_sealed(message, SECRET, xml=xml)) == ["3726519488716432891"]


@pytest.mark.parametrize("message", [BODY, XML], ids=["JSON", "XML"])
def test_a_plain_event_names_its_order(message: bytes) -> None:
    assert order_of(wechat_plain(message, "token"), "token") == ["3726519488716432891"]


def test_a_whole_order_is_an_order_without_an_id_of_its_own() -> None:
    body = json_body({"order": {"order_id": "1"}})
    (message,) = CHANNEL.open(wechat_plain(body, "token").call(), ["token"])
    assert (message.topic, message.delivery_id) == ("order", None)
    assert json.loads(message.payload) == {"order": {"order_id": "1"}}


def test_either_secret_will_do_with_its_own_key() -> None:
    other = f"another:{OTHER_KEY}:wx0001"
    for secret in (SECRET, other):
        assert order_of(wechat_sealed(BODY, secret), SECRET, other)


SEALED = wechat_sealed(BODY, SECRET)


@pytest.mark.parametrize(
    "signed",
    {
        "wrong": wechat_sealed(BODY, f"other:{KEY}:wx0001"),
        "encrypted by another key": wechat_sealed(BODY, f"token:{OTHER_KEY}:wx0001"),
        "for another app": wechat_sealed(BODY, f"token:{KEY}:wx0002"),
        "of another message": SEALED.changed(
            body=json_body({"Encrypt": seal(BODY + b" ", KEY, "wx0001")})
        ),
        "missing": SEALED.without("msg_signature"),
        "without a time": SEALED.without("timestamp"),
        "plain and missing": wechat_plain(BODY, "token").without("signature"),
        "a time that is none": wechat_plain(BODY, "token", timestamp="9" * 40),
    }.values(),
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), [SECRET])


def test_without_a_key_no_encrypted_event_is_read() -> None:
    with pytest.raises(Unauthentic, match="no key"):
        CHANNEL.open(SEALED.call(), ["token"])


def test_what_was_signed_more_than_an_hour_ago_is_not_let_in() -> None:
    for signed, secret in ((SEALED, SECRET), (wechat_plain(BODY, "token"), "token")):
        assert CHANNEL.open(signed.call(NOW + 3_599), [secret])
        for far in (-3_601, 3_601):
            with pytest.raises(Unauthentic, match="last minutes"):
                CHANNEL.open(signed.call(NOW + far), [secret])


def test_a_shop_with_a_key_takes_no_plain_message_whose_body_anybody_may_have_changed() -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(wechat_plain(BODY, "token").call(), [SECRET])


def test_setting_up_the_push_the_text_is_sent_back_to_who_knows_the_token() -> None:
    asked = wechat_plain(b"", "token", echostr="4711")
    echo = CHANNEL.echo(asked.call(), [SECRET])
    assert echo is not None
    assert (echo.body, echo.media_type) == (b"4711", "text/plain")
    with pytest.raises(Unauthentic):
        CHANNEL.echo(wechat_plain(b"", "other", echostr="4711").call(), [SECRET])
    assert CHANNEL.echo(wechat_plain(BODY, "token").call(), [SECRET]) is None


def test_success_is_what_it_wants_to_hear() -> None:
    assert (CHANNEL.taken.body, CHANNEL.taken.status) == (b"success", 200)


ENTITIES = (
    b'<!DOCTYPE xml [<!ENTITY a "x">]><xml><Event>&a;</Event></xml>',
    b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Event>&a;</Event></xml>',
    b'<!DOCTYPE xml SYSTEM "http://example.com/x.dtd"><xml/>',
)


@pytest.mark.parametrize("body", [*ENTITIES, b"", b"[]", b"{", b"<xml>", b"[" * 100_000, b"\xff"])
def test_what_is_neither_json_nor_plain_xml_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        CHANNEL.open(wechat_plain(body, "token").call(), ["token"])
    with pytest.raises(Unreadable):
        CHANNEL.open(wechat_sealed(body, SECRET).call(), [SECRET])


@pytest.mark.parametrize("body", [*ENTITIES, b"", b"{"])
def test_what_is_unreadable_is_nobodys_unless_it_is_signed(body: bytes) -> None:
    """Otherwise anybody could fill the quarantine."""
    for signed in (wechat_plain(body, "other"), wechat_plain(body, "token").without("signature")):
        with pytest.raises(Unauthentic):
            CHANNEL.open(signed.call(), ["token"])


def test_xml_however_deep_is_read_or_unreadable() -> None:
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    with pytest.raises(Unreadable):
        CHANNEL.open(wechat_plain(deep, "token").call(), ["token"])


# --- the encryption ---------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 11, 12, 31, 32, 33, 5_000])
def test_what_is_encrypted_is_read_again_whatever_its_length(length: int) -> None:
    message = "文".encode() * length
    assert decrypt(KEY, "wx0001", seal(message, KEY, "wx0001")) == message


@pytest.mark.parametrize(
    "text", ["", "A", "not base64!", b64encode(b"x" * 15).decode(), b64encode(b"x" * 64).decode()]
)
def test_what_was_not_encrypted_by_us_is_refused(text: str) -> None:
    with pytest.raises(Unauthentic):
        decrypt(KEY, "wx0001", text)
    with pytest.raises(Unauthentic):
        decrypt("short", "wx0001", text)


def test_an_envelope_in_an_encoding_that_nobody_knows_is_not_authentic() -> None:
    body = b'<?xml version="1.0" encoding="foo"?><xml><Encrypt>x</Encrypt></xml>'
    with pytest.raises(Unauthentic):
        CHANNEL.open(wechat_sealed(BODY, SECRET).changed(body=body).call(), [SECRET])
