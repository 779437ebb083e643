"""Channels by configuration: each way of proving who calls, and what is read of a call."""

import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_material.signed import NOW, URL, Signed

from ingest.channels.channel import Answer, Message, Unauthentic
from ingest.channels.configured import Configured
from ingest.domain.mapping.problems import Unreadable
from ingest.gateways.push_configuration import push_settings

SECRET = "the secret of the stall"
BODY = '{"id":9007199254740993,"note":"放门口"}'.encode()
TIME = str(int(NOW))
TOLERANCE = 300
HMAC = {"scheme": "hmac", "header": "X-Stall-Signature"}
TIMED = HMAC | {
    "prefix": "v0=",
    "signed": "v0:{timestamp}:{body}",
    "timestamp": {"header": "X-Stall-Time", "tolerance_seconds": TOLERANCE},
}
ALGORITHMS = ("sha1", "sha256", "sha512")
ENCODINGS = ("hex", "base64")


def stall(signature: Any = HMAC, **fields: Any) -> Configured:
    return push_settings({"stall": {"signature": signature, **fields}})["stall"].channel("stall")


def mac(message: bytes, secret: str = SECRET, how: str = "sha256", encoding: str = "hex") -> str:
    digest = hmac.digest(secret.encode(), message, how)
    return digest.hex() if encoding == "hex" else b64encode(digest).decode()


def signed(body: bytes = BODY, **headers: str) -> Signed:
    return Signed(body, {"x-stall-signature": mac(body)} | headers)


def timed(body: bytes = BODY, time: str = TIME, secret: str = SECRET) -> Signed:
    message = f"v0:{time}:".encode(errors="replace") + body
    headers = {"x-stall-time": time, "x-stall-signature": f"v0={mac(message, secret)}"}
    return Signed(body, headers)


def stripe(body: bytes = BODY, time: str = TIME, secret: str = SECRET) -> Signed:
    message = time.encode() + b"." + body
    return Signed(body, {"stripe-signature": f"t={time},v1={mac(message, secret)},v0=old"})


def basic(text: str) -> Signed:
    return Signed(BODY, {"authorization": f"Basic {b64encode(text.encode()).decode()}"})


CALLS = {
    "hmac": (stall(), signed()),
    "hmac with time": (stall(TIMED), timed()),
    "stripe": (stall({"scheme": "stripe"}), stripe()),
    "token": (
        stall({"scheme": "token", "header": "Authorization", "prefix": "Bearer "}),
        Signed(BODY, {"authorization": f"Bearer {SECRET}"}),
    ),
    "token in the address": (
        stall({"scheme": "token", "query": "key"}),
        Signed(BODY, query={"key": SECRET}),
    ),
    "basic": (stall({"scheme": "basic"}), basic(SECRET)),
}
SIGNED = {name: CALLS[name] for name in ("hmac", "hmac with time", "stripe")}
every_scheme = pytest.mark.parametrize(("channel", "call"), CALLS.values(), ids=CALLS)
every_signature = pytest.mark.parametrize(("channel", "call"), SIGNED.values(), ids=SIGNED)


def refused(channel: Configured, call: Signed, *secrets: str, now: float = NOW) -> str:
    with pytest.raises(Unauthentic) as caught:
        channel.open(call.call(now), secrets or [SECRET])
    assert SECRET not in str(caught.value)
    return str(caught.value)


# -- who calls


@every_scheme
def test_what_the_channel_sends_is_taken_as_it_is(channel: Configured, call: Signed) -> None:
    assert channel.open(call.call(), [SECRET]) == [Message("order", BODY)]


@every_scheme
def test_either_of_two_secrets_will_do_while_they_change(channel: Configured, call: Signed) -> None:
    for secrets in ([SECRET, "new"], ["old", SECRET]):
        assert channel.open(call.call(), secrets)
    refused(channel, call, "old", "new")
    with pytest.raises(Unauthentic):
        channel.open(call.call(), [])


@every_scheme
def test_a_call_without_its_proof_is_nobodys(channel: Configured, call: Signed) -> None:
    for name in (*call.headers, *call.query):
        refused(channel, call.without(name))


GARBAGE = [
    "",
    " ",
    "=",
    ",",
    "t=",
    "t=1,v1=",
    "null",
    "é" * 64,
    "\udcff\ud800",
    "\x00",
    "x" * 100_000,
]


@every_scheme
@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda text: repr(text[:8]))
def test_garbage_is_not_authentic(channel: Configured, call: Signed, garbage: str) -> None:
    for name in call.headers:
        refused(channel, call.changed(headers={**call.headers, name: garbage}))
    for name in call.query:
        refused(channel, call.changed(query={**call.query, name: garbage}))


@every_signature
def test_a_signature_holds_for_its_body_alone(channel: Configured, call: Signed) -> None:
    for body in (BODY + b" ", BODY[1:], b"", b"\xff"):
        assert "body" in refused(channel, call.changed(body=body))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_is_right_in_one_algorithm_and_spelling(algorithm: str, encoding: str) -> None:
    channel = stall(HMAC | {"algorithm": algorithm, "encoding": encoding})
    for how in ALGORITHMS:
        for spelling in ENCODINGS:
            call = signed(**{"x-stall-signature": mac(BODY, SECRET, how, spelling)})
            if (how, spelling) == (algorithm, encoding):
                assert channel.open(call.call(), [SECRET])
            else:
                refused(channel, call)


def test_hexadecimal_may_be_in_capitals_and_base64_may_not_be_changed() -> None:
    assert stall().open(signed(**{"x-stall-signature": mac(BODY).upper()}).call(), [SECRET])
    channel = stall(HMAC | {"encoding": "base64"})
    right = mac(BODY, encoding="base64")
    for wrong in (right.swapcase(), right.rstrip("="), right + "="):
        refused(channel, signed(**{"x-stall-signature": wrong}))


def test_a_published_signature_is_right() -> None:
    """RFC 4231, test case 2."""
    given = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    call = Signed(b"what do ya want for nothing?", {"x-stall-signature": given})
    assert stall().open(call.call(), ["Jefe"])


def test_a_prefix_belongs_to_the_signature() -> None:
    channel = stall(HMAC | {"prefix": "sha256="})
    assert channel.open(signed(**{"x-stall-signature": f"sha256={mac(BODY)}"}).call(), [SECRET])
    for wrong in (mac(BODY), "sha256=", f"SHA256={mac(BODY)}", f"sha1={mac(BODY)}"):
        refused(channel, signed(**{"x-stall-signature": wrong}))


def test_the_address_may_be_signed_too() -> None:
    channel = stall(HMAC | {"signed": "{url}{body}"})
    call = signed(**{"x-stall-signature": mac(URL.encode() + BODY)})
    assert channel.open(call.call(), [SECRET])
    refused(channel, call.changed(url=f"{URL}/other"))


# -- when


@pytest.mark.parametrize("make", [timed, stripe], ids=["hmac", "stripe"])
def test_what_was_signed_too_long_ago_or_ahead_is_refused(make: Any) -> None:
    channel = stall(TIMED) if make is timed else stall({"scheme": "stripe"})
    for age in (0, TOLERANCE, -TOLERANCE):
        assert channel.open(make().call(NOW + age), [SECRET])
    for age in (TOLERANCE + 1, -TOLERANCE - 1, 10**9):
        assert "minutes" in refused(channel, make(), now=NOW + age)


@pytest.mark.parametrize("make", [timed, stripe], ids=["hmac", "stripe"])
@pytest.mark.parametrize(
    "time", ["", "soon", "-1", "1e9", "٣" * 10, "9" * 40, "2025-11-22T10:00:00", "9999-99-99"]
)
def test_a_time_that_is_none_is_refused_however_it_is_signed(make: Any, time: str) -> None:
    channel = stall(TIMED) if make is timed else stall({"scheme": "stripe"})
    refused(channel, make(time=time))


@pytest.mark.parametrize(
    "time", [TIME, f"{TIME}123", "2025-11-22T02:00:00Z", "2025-11-22T10:00:00+08:00"]
)
def test_times_are_seconds_milliseconds_or_iso(time: str) -> None:
    assert stall(TIMED).open(timed(time=time).call(), [SECRET])


def test_another_time_than_the_signed_one_is_refused() -> None:
    later = {**timed().headers, "x-stall-time": str(int(NOW) + 1)}
    refused(stall(TIMED), timed().changed(headers=later))


def test_any_of_several_stripe_signatures_will_do() -> None:
    channel = stall({"scheme": "stripe", "header": "X-Pay"})
    right = mac(f"{TIME}.".encode() + BODY)
    wrong = mac(b"another")

    def call(*parts: str) -> Signed:
        return Signed(BODY, {"x-pay": ",".join((f"t={TIME}", *parts))})

    assert channel.open(call(f"v1={wrong}", f" v1={right}").call(), [SECRET])
    for parts in (
        (f"v1={wrong}",),
        (f"v0={right}",),
        (f"t={TIME}", f"v1={right}"),
        (*(f"v1={wrong}" for _ in range(10)), f"v1={right}"),
    ):
        refused(channel, call(*parts))


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(min_size=1), st.text(max_size=20))
def test_a_proof_is_of_this_body_and_this_secret(
    body: bytes, other: bytes, secret: str, another: str
) -> None:
    secret, another = (text.encode(errors="replace").decode() for text in (secret, another))
    makers = (
        (stall(), lambda b, s: Signed(b, {"x-stall-signature": mac(b, s)})),
        (stall(TIMED), lambda b, s: timed(b, secret=s)),
        (stall({"scheme": "stripe"}), lambda b, s: stripe(b, secret=s)),
    )
    for channel, make in makers:
        call = make(body, secret)
        assert channel.open(call.call(), [another, secret]) == [Message("order", body)]
        if other != body:
            refused(channel, call.changed(body=other), secret)
        if another != secret:
            refused(channel, call, another)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_in_the_headers_is_refused_without_falling_over(one: str, two: str) -> None:
    for channel, call in CALLS.values():
        headers = dict(zip(call.headers, (one, two), strict=False))
        query = dict.fromkeys(call.query, one)
        if SECRET not in (one, two):
            refused(channel, call.changed(headers=headers, query=query))


# -- what is said


def test_topic_and_delivery_are_found_where_they_are_said_to_be() -> None:
    body = json.dumps({"event": {"type": "order.paid", "ids": [9007199254740993]}}).encode()
    inside = stall(topic={"path": "event.type"}, delivery_id={"path": "event.ids[0]"})
    assert inside.open(signed(body).call(), [SECRET]) == [
        Message("order.paid", body, "9007199254740993")
    ]
    beside = stall(topic={"header": "X-Topic"}, delivery_id={"header": "X-Id"})
    call = signed(body, **{"x-topic": "paid", "x-id": "d-1"})
    assert beside.open(call.call(), [SECRET]) == [Message("paid", body, "d-1")]
    constant = stall(topic={"value": "sale"})
    assert constant.open(call.call(), [SECRET]) == [Message("sale", body)]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"{}", b'{"event":[]}', b'{"event":{"type":{}}}']
)
def test_what_is_not_there_is_left_out_and_the_message_is_kept(body: bytes) -> None:
    where = {"path": "event.type"}
    channel = stall(topic=where, delivery_id=where)
    assert channel.open(signed(body).call(), [SECRET]) == [Message("order", body)]


def test_an_order_inside_is_taken_out_with_every_digit() -> None:
    inner = '{"no":9007199254740993,"sum":10.10,"tiny":1E-7,"list":[true,null,"放"]}'
    channel = stall(payload="data.order")
    for body in (f'{{"data":{{"order":{inner}}}}}', json.dumps({"data": {"order": inner}})):
        (message,) = channel.open(signed(body.encode()).call(), [SECRET])
        text = message.payload.decode()
        assert json.loads(text, parse_float=str) == json.loads(inner, parse_float=str)


@pytest.mark.parametrize(
    "body", [b"", b"no", b"{}", b"[]", b'{"data":null}', b'{"data":NaN}', b"\xff"]
)
def test_an_envelope_without_its_order_is_authentic_and_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        stall(payload="data").open(signed(body).call(), [SECRET])
    with pytest.raises(Unauthentic):
        stall(payload="data").open(Signed(body).call(), [SECRET])


def test_an_envelope_nested_without_end_is_unreadable() -> None:
    for depth in (900, 100_000):
        body = b'{"data":' + b"[" * depth + b"]" * depth + b"}"
        try:
            assert stall(payload="data").open(signed(body).call(), [SECRET])
        except Unreadable:
            assert depth > 100


def test_the_answer_is_what_the_channel_wants() -> None:
    assert stall().taken is None
    wanted = {"status": 200, "body": '{"code":0}', "media_type": "application/json"}
    assert stall(answer=wanted).taken == Answer(b'{"code":0}')


# -- challenges


def test_a_challenge_in_the_address_is_given_back_to_who_has_the_secret() -> None:
    channel = stall(challenge={"query": "hub.challenge", "token": "hub.verify_token"})
    call = Signed(b"", query={"hub.challenge": "1158", "hub.verify_token": SECRET})
    assert channel.echo(call.call(), [SECRET]) == Answer(b"1158", media_type="text/plain")
    for wrong in (
        call.without("hub.verify_token"),
        call.changed(query={**call.query, "hub.verify_token": "x"}),
    ):
        with pytest.raises(Unauthentic):
            channel.echo(wrong.call(), [SECRET])
    assert channel.echo(call.without("hub.challenge").call(), [SECRET]) is None
    assert channel.echo(signed().changed(query=call.query).call(), [SECRET]) is None


def test_a_challenge_in_the_body_is_signed_as_any_call() -> None:
    channel = stall(challenge={"path": "ask.challenge", "reply": "json"})
    call = signed(b'{"ask":{"challenge":"3eZb"}}')
    assert channel.echo(call.call(), [SECRET]) == Answer(b'{"challenge": "3eZb"}')
    with pytest.raises(Unauthentic):
        channel.echo(call.without("x-stall-signature").call(), [SECRET])
    assert channel.echo(signed().call(), [SECRET]) is None


def test_a_challenge_without_proof_gives_back_a_short_text_and_nothing_else() -> None:
    channel = stall(challenge={"query": "challenge", "signed": False})
    call = Signed(b"", query={"challenge": "<b>\ud800"})
    assert channel.echo(call.call(), [SECRET]) == Answer(b"<b>?", media_type="text/plain")
    assert channel.echo(Signed(b"", query={"challenge": "x" * 1_001}).call(), [SECRET]) is None
    assert stall().echo(call.call(), [SECRET]) is None
