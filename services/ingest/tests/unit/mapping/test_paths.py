"""Source paths: what they find, what they refuse, and how they say where a value was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.draft import ROWS_MAX
from ingest.domain.mapping.paths import parse_path, places, read
from ingest.domain.mapping.problems import Unreadable

ORDER: dict[str, Any] = {
    "id": 7,
    "buyer": {"name": "A", "tel": None},
    "orders": {"order": [{"sku": "X", "tags": ["a", "b"]}, {"sku": "Y"}]},
    "single": {"sku": "Z"},
    "收货人": "张三",
    "a.b": {"c[0]": 1, 'q"\\': 2},
    "tags": [{"name": "ship_hold", "value": 1}, {"name": "other", "value": 5}],
    "flags": [{"on": True, "n": 1, "of": "a"}, {"on": False, "n": 2}, {"on": True, "n": 3}],
}

FOUND: dict[str, Any] = {
    "id": 7,
    "$.id": 7,
    "buyer.name": "A",
    "buyer.tel": None,
    "buyer.tel.more": None,
    "nobody.name": None,
    "orders.order[0].sku": "X",
    "orders.order[2].sku": None,
    "orders.order[].sku": ["X", "Y"],
    "orders.order[].tags": ["a", "b"],
    "orders.order[].tags[1]": ["b"],
    "single[].sku": ["Z"],
    "nothing[].sku": None,
    "收货人": "张三",
    '"a.b"."c[0]"': 1,
    '"a.b"."q\\"\\\\"': 2,
    "tags[name=ship_hold].value": [1],
    "tags[name=nobody].value": [],
    "flags[on=true].n": [1, 3],
    "flags[on=false].n": [2],
    "flags[on=True].n": [],
    "flags[on=true][of=a].n": [1],
}


@pytest.mark.parametrize(("path", "value"), FOUND.items(), ids=FOUND)
def test_a_path_finds(path: str, value: object) -> None:
    assert read(ORDER, parse_path(path).steps) == value


REFUSED = {
    "id.more": "id is no object",
    "orders.order.sku": "orders.order is no object",
    "buyer[0]": "buyer is no list",
    "id[]": "id is no list",
    "orders.order[].sku.more": "sku is no object",
}


@pytest.mark.parametrize(("path", "message"), REFUSED.items(), ids=REFUSED)
def test_a_path_that_meets_something_else_says_what(path: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        read(ORDER, parse_path(path).steps)


def test_a_list_without_end_is_not_read() -> None:
    with pytest.raises(Unreadable, match="rows has more than"):
        read({"rows": [{}] * (ROWS_MAX + 1)}, parse_path("rows[].a").steps)


WRONG = ["", ".", "a.", ".a", "a..b", "a[", "a[b]", "a]b", "a[0]b", 'a."b', '""', "$", "@", "a.@b"]


@pytest.mark.parametrize("text", [one for one in WRONG if one != "$"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_path(text)


def test_a_path_says_where_it_begins() -> None:
    assert [parse_path(text).anchor for text in ("a", "$.a", "$", "@ship_to.a")] == [
        "",
        "$",
        "$",
        "ship_to",
    ]


def test_places_are_told_one_by_one() -> None:
    found = list(places(ORDER, parse_path("orders.order[].sku").steps))
    assert found == [("orders.order[0].sku", "X"), ("orders.order[1].sku", "Y")]


_NAMES = st.text(min_size=1, max_size=8)


@given(st.lists(_NAMES | st.integers(0, 3), min_size=1, max_size=5), st.integers())
def test_the_place_told_leads_to_the_value(steps: list[str | int], leaf: int) -> None:
    node: Any = leaf
    for step in reversed(steps):
        node = {step: node} if isinstance(step, str) else [None] * step + [node]
    ((place, value),) = places(node, steps)
    assert value == leaf
    if isinstance(steps[0], str):
        assert read(node, parse_path(place).steps) == leaf
