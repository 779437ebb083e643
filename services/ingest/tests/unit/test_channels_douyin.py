"""Douyin's calls: lists of events, signed with the app's key."""

import json
from typing import Any

import pytest
from ingest_material.reading import read, to_fetch
from ingest_material.signed import Signed, douyin, json_body

from ingest.channels.channel import Message, Unauthentic
from ingest.channels.douyin import Douyin
from ingest.domain.mapping.problems import Unreadable

PAID = {"tag": 110, "msgId": "m-1", "data": {"p_id": 6_917_529_027_641_081_857, "pay_amount": 990}}
BODY = json_body([PAID])
CHANNEL = Douyin()


def opened(document: Any) -> list[Message]:
    return list(CHANNEL.open(douyin(json_body(document), "s").call(), ["s"]))


def test_an_event_is_a_message_by_its_tag_and_id() -> None:
    (message,) = opened([PAID])
    assert (message.topic, message.delivery_id) == ("110", "m-1")
    assert json.loads(message.payload) == PAID["data"]
    assert to_fetch("douyin", message.payload, message.topic) == ["6917529027641081857"]


def test_several_events_in_one_call_are_several_messages() -> None:
    cancelled = {"tag": "106", "msg_id": 2, "data": '{"p_id": "12345678901234567890"}'}
    messages = opened([PAID, cancelled])
    assert [(m.topic, m.delivery_id) for m in messages] == [("110", "m-1"), ("106", "2")]
    found = [to_fetch("douyin", m.payload, m.topic) for m in messages]
    assert found == [["6917529027641081857"], ["12345678901234567890"]]


def test_an_event_outside_a_list_is_one() -> None:
    assert opened(PAID) == opened([PAID])


def test_a_ping_is_nobodys_order_and_is_answered_as_any_call() -> None:
    assert opened([{"tag": "0", "msg_id": "0", "data": "2025-11-22 10:00:00"}]) == []
    assert CHANNEL.echo(douyin(BODY, "s").call(), ["s"]) is None
    assert json.loads(CHANNEL.taken.body) == {"code": 0, "msg": "success"}


@pytest.mark.parametrize("data", [{"p_id": 12}, '{"p_id": 12}'])
def test_a_new_order_has_the_tag_of_a_ping_and_names_the_order(data: Any) -> None:
    (message,) = opened([{"tag": "0", "msg_id": "m-0", "data": data}])
    assert to_fetch("douyin", message.payload, message.topic) == ["12"]


def test_a_whole_order_is_an_order() -> None:
    body = json_body({"shop_order_detail": {"order_id": "6917529027641081857"}})
    messages = CHANNEL.open(douyin(body, "s").call(), ["s"])
    assert messages == [Message("order", body, None)]
    assert read("douyin", body).draft.channel_order_no == "6917529027641081857"


def test_a_fraction_stays_as_it_is_written() -> None:
    body = b'[{"tag": 110, "data": {"p_id": 1, "rate": 0.10000000000000000001}}]'
    (message,) = CHANNEL.open(douyin(body, "s").call(), ["s"])
    assert b"0.10000000000000000001" in message.payload


def test_either_secret_will_do_in_any_case() -> None:
    for secret in ("old", "new"):
        signed = douyin(BODY, secret)
        capital = signed.headers["event-sign"].upper()
        for given in (signed, signed.changed(headers={**signed.headers, "event-sign": capital})):
            assert CHANNEL.open(given.call(), ["old", "new"])


@pytest.mark.parametrize(
    "signed",
    [
        douyin(BODY, "other"),
        douyin(BODY, "s").changed(body=BODY + b" "),
        douyin(BODY, "s").without("app-id"),
        douyin(BODY, "s").without("event-sign"),
    ],
    ids=["wrong", "of another body", "of another app", "missing"],
)
def test_others_are_not_let_in(signed: Signed) -> None:
    with pytest.raises(Unauthentic):
        CHANNEL.open(signed.call(), ["s"])


@pytest.mark.parametrize("document", [1, "x", None, [1], [[]], [PAID] * 201])
def test_what_is_no_list_of_events_is_unreadable(document: Any) -> None:
    with pytest.raises(Unreadable):
        opened(document)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        CHANNEL.open(douyin(body, "s").call(), ["s"])
