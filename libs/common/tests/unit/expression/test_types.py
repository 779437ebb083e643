"""What may be named, and what is looked for in lists of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.expression import Constant, Field, Schema, Type
from common.expression.texts import containing_any

parts = st.text(alphabet="ab浙", min_size=1, max_size=6)


@given(st.lists(parts, max_size=120), st.text(alphabet="ab浙c", max_size=30))
def test_a_text_contains_any_of_others_exactly_if_one_is_within_it(
    texts: list[str], text: str
) -> None:
    assert containing_any(texts)(text) is any(each in text for each in texts)


@given(st.lists(parts, min_size=65, max_size=200, unique=True), parts, parts)
def test_one_of_very_many_texts_is_found_wherever_it_is(
    texts: list[str], before: str, after: str
) -> None:
    assert all(containing_any(texts)(before + each + after) for each in texts[:5])


@pytest.mark.parametrize(
    ("type_", "admitted", "refused"),
    [
        (Type.BOOL, [True, False], [0, 1, None, "true"]),
        (Type.INT, [0, -(2**63), 2**63 - 1], [True, 1.0, 2**63, None, "1"]),
        (Type.STRING, ["", "a"], [1, None, b"a"]),
        (Type.STRINGS, [[], ["a"], ("a", "b")], ["a", [1], {"a"}, None]),
        (Type.INTS, [[], [1], (1, 2)], [[True], ["a"], [2**63], None]),
        (Type.INT_MAP, [{}, {"a": 1}], [{"a": "b"}, {1: 1}, [], None]),
        (Type.STRING_SET, [set(), frozenset("a"), ("a", "b")], [{1}, "a", None]),
        (Type.TEXTS, [(), ("a",)], [("",), "a", (1,), None]),
    ],
)
def test_a_type_admits_its_values_alone(
    type_: Type, admitted: list[object], refused: list[object]
) -> None:
    assert all(type_.admits(value) for value in admitted)
    assert not any(type_.admits(value) for value in refused)


def test_a_constant_is_of_its_type() -> None:
    with pytest.raises(ValueError, match=r"no map<string, int>"):
        Constant(Type.INT_MAP, {"CNY": "1"})


def test_a_name_stands_for_one_thing() -> None:
    with pytest.raises(ValueError, match="two things"):
        Schema([Field("a.b", Type.INT), Field("a.b", Type.INT)], {})
    with pytest.raises(ValueError, match="two things"):
        Schema([Field("a.b", Type.INT)], {"a.b": Constant(Type.INT, 1)})


def test_a_field_has_a_type_that_orders_have() -> None:
    with pytest.raises(ValueError, match="only constants"):
        Schema([Field("a.b", Type.TEXTS)], {})
