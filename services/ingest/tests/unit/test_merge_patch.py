"""JSON merge patch as RFC 7396 has it, in examples of our own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.merge_patch import merged

ORDER = {"memo": "old", "customer": {"name": "A", "phone": "1"}, "lines": [{"sku": "X"}]}

CASES: list[tuple[Any, Any, Any]] = [
    # a member is replaced, added, removed
    ({"memo": "old"}, {"memo": "new"}, {"memo": "new"}),
    ({"memo": "old"}, {"shop": "new"}, {"memo": "old", "shop": "new"}),
    ({"memo": "old"}, {"memo": None}, {}),
    ({"memo": "old", "shop": "s"}, {"memo": None}, {"shop": "s"}),
    ({"memo": "old"}, {"shop": None}, {"memo": "old"}),
    ({"memo": "old"}, {}, {"memo": "old"}),
    # a null that is there stays unless it is named
    ({"memo": None}, {"shop": 1}, {"memo": None, "shop": 1}),
    # objects are merged, deep
    (ORDER, {"customer": {"phone": "2"}}, ORDER | {"customer": {"name": "A", "phone": "2"}}),
    (ORDER, {"customer": {"phone": None}}, ORDER | {"customer": {"name": "A"}}),
    ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": None}}}, {"a": {"b": {"d": 2}}}),
    # nulls within what is new are no members
    ({}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
    # lists are replaced whole, and nothing within them is removed
    (ORDER, {"lines": [{"sku": "Y"}]}, ORDER | {"lines": [{"sku": "Y"}]}),
    ({"lines": [1, 2]}, {"lines": []}, {"lines": []}),
    ({"lines": [1]}, {"lines": [1, None]}, {"lines": [1, None]}),
    # a member changes its kind
    ({"lines": [1]}, {"lines": "none"}, {"lines": "none"}),
    ({"memo": "old"}, {"memo": ["new"]}, {"memo": ["new"]}),
    ({"memo": "old"}, {"memo": {"text": "new"}}, {"memo": {"text": "new"}}),
    ({"memo": {"text": "old"}}, {"memo": "new"}, {"memo": "new"}),
    ({"memo": "old"}, {"memo": {"text": None}}, {"memo": {}}),
    # a patch that is no object replaces everything
    ({"memo": "old"}, ["new"], ["new"]),
    ({"memo": "old"}, "new", "new"),
    ({"memo": "old"}, None, None),
    # what is no object is as good as an empty one
    (["old"], {"memo": "new"}, {"memo": "new"}),
    ("old", {"memo": "new", "shop": None}, {"memo": "new"}),
    (None, {"memo": "new"}, {"memo": "new"}),
]


@pytest.mark.parametrize(("target", "patch", "result"), CASES)
def test_a_patch_is_applied_as_the_standard_says(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=12,
)


def without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}


@given(_JSON, _JSON)
def test_the_same_patch_again_changes_nothing(target: Any, patch: Any) -> None:
    once = merged(target, patch)
    assert merged(once, patch) == once


@given(_JSON, _JSON)
def test_what_the_patch_says_is_so_afterwards(target: Any, patch: Any) -> None:
    if isinstance(patch, dict):
        result = merged(target, patch)
        for name, value in patch.items():
            if value is None:
                assert name not in result
            elif not isinstance(value, dict):
                assert result[name] == value
    else:
        assert merged(target, patch) == patch


@given(_JSON)
def test_a_patch_on_nothing_is_what_it_says(patch: Any) -> None:
    assert merged(None, patch) == without_nulls(patch)


@given(_JSON, _JSON)
def test_neither_target_nor_patch_is_changed(target: Any, patch: Any) -> None:
    before = repr((target, patch))
    merged(target, patch)
    assert repr((target, patch)) == before
