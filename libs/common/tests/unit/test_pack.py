"""Packs: together and apart again without loss."""

import json
from typing import Any

import pytest
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from common.database.work import Announced
from common.ids import new_id
from common.messaging.pack import EVENTS_MAX, Pack, pack, read, single, split

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
blanks = st.text(" \t\r\n", max_size=2)


def announced(type_: str, body: str) -> Announced:
    return Announced(new_id(), type_, new_id(), body)


def packed(body: bytes) -> Pack:
    return Pack(1, "a.v1", body, 1, 0, 0)


@given(st.lists(st.sampled_from("abc"), max_size=200))
def test_packs_are_small_of_one_type_and_in_order(types: list[str]) -> None:
    events = [announced(type_, str(number)) for number, type_ in enumerate(types)]
    packs = list(pack(events))
    for outgoing, some in packs:
        assert 1 <= len(some) <= EVENTS_MAX
        assert outgoing.headers["x-events"] == len(some)
        assert {event.type for event in some} == {outgoing.type}
        assert json.loads(outgoing.body) == [int(event.body) for event in some]
    for type_ in "abc":
        found = [e for outgoing, some in packs if outgoing.type == type_ for e in some]
        assert found == [event for event in events if event.type == type_]
        assert sum(outgoing.type == type_ for outgoing, _ in packs) == -(-len(found) // EVENTS_MAX)


@given(st.lists(values, max_size=6))
def test_a_pack_comes_apart_without_loss(elements: list[Any]) -> None:
    events = [announced("a.v1", json.dumps(element, ensure_ascii=False)) for element in elements]
    for outgoing, some in pack(events):
        apart = split(packed(outgoing.body))
        assert apart == [f"[{event.body}]".encode() for event in some]


@given(st.lists(values, max_size=4), blanks, blanks)
def test_blanks_between_events_do_not_matter(elements: list[Any], one: str, two: str) -> None:
    inner = f"{one},{two}".join(json.dumps(element) for element in elements)
    body = f"{one}[{two}{inner}{one}]{two}".encode()
    assert [json.loads(part) for part in split(packed(body))] == [[e] for e in elements]


@pytest.mark.parametrize(
    "element",
    ["1e400", "0.1000000000000000055511151231257827", "9" * 5_000, r'"\ud800"', '{"a":1,"a":2}'],
)
def test_what_python_would_write_differently_stays_as_it_came(element: str) -> None:
    body = f'[{element},"next"]'.encode()
    assert split(packed(body)) == [f"[{element}]".encode(), b'["next"]']


def test_a_broken_character_spoils_one_event_only() -> None:
    assert split(packed(b'["\xff","b"]')) == [b'["\xff"]', b'["b"]']


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"[1,]", b"[1 2]", b"[1]]", b"null", b'"[]"'])
def test_what_is_no_array_does_not_come_apart(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        split(packed(body))


def test_what_is_read_is_what_was_sent() -> None:
    outgoing = single("a.v1", b"[1]", attempt=3, reason="r", parked_at="now")
    assert outgoing.headers == {
        "x-events": 1,
        "x-attempt": 3,
        "x-reason": "r",
        "x-parked-at": "now",
    }
    found = read(delivered(outgoing.headers | {"x-delivery-count": 2}, type_="a.v1"))
    assert found == Pack(7, "a.v1", b"[1]", 1, 3, 2)


@pytest.mark.parametrize("headers", [None, {}, {"x-events": "many", "x-attempt": None}])
def test_headers_that_are_missing_or_strange_do_no_harm(headers: dict[str, Any] | None) -> None:
    assert read(delivered(headers)) == Pack(7, "key.v1", b"[1]", 1, 0, 0)


def delivered(headers: dict[str, Any] | None, *, type_: str | None = None) -> DeliveredMessage:
    properties = Basic.Properties(headers=headers, message_type=type_)
    frame = Basic.Deliver("tag", 7, False, "", "key.v1")  # noqa: FBT003 - the wire's order
    header = ContentHeader(0, 3, properties)
    return DeliveredMessage(delivery=frame, header=header, body=b"[1]", channel=None)  # type: ignore[arg-type]
