"""Texts that are no expressions: each is refused with its place, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.expression import (
    Constant,
    Expression,
    ExpressionError,
    Field,
    Inconclusive,
    Schema,
    Type,
    compile_expression,
)

FIELDS = (
    Field("order.payable_minor", Type.INT),
    Field("order.currency", Type.STRING),
    Field("order.skus", Type.STRINGS),
    Field("order.has_memo", Type.BOOL),
)
SCHEMA = Schema(
    FIELDS,
    {
        "limits.hold": Constant(Type.INT_MAP, {"CNY": 1}),
        "limits.none": Constant(Type.INT, 0),
        "lists.shops": Constant(Type.STRING_SET, frozenset({"a"})),
        "lists.roads": Constant(Type.TEXTS, ("a",)),
    },
)
MESSAGE_MAX = 200


def refused(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(text, SCHEMA)
    return raised.value


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, "expected a value before the end"),
        ("1 <", 3, "expected a value before the end"),
        ("1 < 2 3", 6, "3 was not expected here"),
        ("(true", 5, "expected ) before the end"),
        ("true ? true", 11, "expected : before the end"),
        ("1 = 1", 2, "= has to be written twice"),
        ("true & true", 5, "& has to be written twice"),
        ("true || $x", 8, "$ means nothing here"),
        ("true\u0000", 4, "U+0000 means nothing here"),
        ("\ud800", 0, "U+D800 means nothing here"),
        ("'a", 0, "this string does not end on its line"),
        ("'a\n' == ''", 0, "this string does not end on its line"),
        ("'a\\d' == ''", 2, "this escape is none that CEL knows"),
        ("'\\U00110000' == ''", 1, "this escape is none that CEL knows"),
        ("'\\ud800' == ''", 0, "half of a surrogate pair is no character"),
        ("1.5 > 1", 0, "there are no fractions; money is in minor units"),
        ("1e3 > 1", 0, "there are no fractions; money is in minor units"),
        ("1u > 1", 0, "1 runs into a letter"),
        ("9223372036854775808 > 1", 0, "this number has more than 64 bits"),
        ("-9223372036854775809 > 1", 1, "this number has more than 64 bits"),
        ("true // why", 5, "there are no comments"),
        ("order.currency == null", 18, "there is no null; has(x) tells whether x is there"),
        ("order.", 6, "expected a name before the end"),
        ("(order.has_memo).x", 17, "only a name can be followed by a dot and a name"),
        ("order.curency == 'a'", 0, "order.curency is no name of a feature or constant;"),
        ("order == 1", 0, "order is no name of a feature or constant"),
        ("__import__('os')", 0, "there is no function __import__"),
        ("matches('a', 'b')", 0, "there is no function matches"),
        ("order.skus.exists(x, x == 'a')", 11, "there is no method exists"),
        ("order.currency.matches('a')", 15, "there is no method matches"),
        ("order.currency.__class__()", 15, "there is no method __class__"),
        ("has('a')", 4, "has takes the name of a feature"),
        ("has(limits.hold)", 4, "has takes the name of a feature"),
        ("has()", 0, "has takes one argument"),
        ("order.currency.contains('a', 'b')", 15, "contains takes one argument"),
        ("size(1) > 1", 5, "size takes a string or a list, not int"),
        ("size(lists.shops) > 1", 5, "size takes a string or a list, not set of strings"),
        ("order.payable_minor", 0, "a rule takes bool, this is int"),
        ("order.payable_minor > '5'", 20, "> compares two of one type, not int with string"),
        ("order.skus == order.skus", 11, "== cannot compare list<string>"),
        ("order.has_memo < true", 15, "< cannot compare bool"),
        ("1 < 2 < 3", 6, "< compares two of one type, not bool with int"),
        ("order.currency + 'a' == 'b'", 0, "+ takes int, this is string"),
        ("!1", 1, "! takes bool, this is int"),
        ("-true == 1", 1, "- takes int, this is bool"),
        ("true && 1", 8, "&& takes bool, this is int"),
        ("1 ? true : true", 0, "the part before ? takes bool, this is int"),
        ("(true ? 1 : 'a') == 1", 12, "the part after : takes int, this is string"),
        ("true ? order.skus : order.skus", 7, "? : cannot choose a list<string>"),
        ("1 in [1, 'a']", 5, "the values of a list are all strings or all ints"),
        ("true in [true]", 8, "the values of a list are all strings or all ints"),
        ("1 in []", 5, "an empty list has no type"),
        ("1 in [order.payable_minor]", 5, "a list is written of literals only"),
        ("order.currency in [1]", 0, "in looks for int in list<int>, not for string"),
        ("'a' in order.currency", 7, "in looks into a list, set or map, not into string"),
        ("'a' in lists.roads", 7, "in looks into a list, set or map, not into list of texts"),
        ("limits.hold[1] > 1", 12, "the index takes string, this is int"),
        ("order.skus['a'] == 'a'", 10, "only a constant that is a map<string, int> has an index"),
        (
            "order.currency.containsAny(lists.shops)",
            27,
            "containsAny takes a list of texts, not set",
        ),
        ("1 / 0 == 1", 2, "this always divides by zero"),
        ("order.payable_minor % limits.none == 1", 20, "this always divides by zero"),
        ("9223372036854775807 + 1 > 0", 20, "this always overflows"),
        ("limits.hold['USD'] > 1", 11, "there is no such key"),
    ],
)
def test_the_error_tells_what_is_wrong_and_where(text: str, position: int, problem: str) -> None:
    error = refused(text)
    assert error.problem.startswith(problem)
    assert error.position == position
    assert str(error) == f"at character {position + 1}: {error.problem}"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000,
        "(" * 900 + "true" + ")" * 900,
        "[" * 2_000,
        "!" * 1_990 + "true",
        "-" * 1_990 + "1 > 1",
        "a[" * 1_000,
        "f(" * 1_000,
        "''.f(" * 400,
        "true?true:" * 190 + "true",
        "+".join("1" * 50) + " > 1",  # nests without a parenthesis
        "true && (true || " * 100,
        "1 in [" + ",".join("1" * 300) + "]",
        "||".join(["true"] * 300),
        "a" * 2_001,
        "9" * 2_000,
        "0x" + "f" * 1_998,
        "'" + "a" * 1_999,
        "'" + "\\" * 1_998 + "'",
        "a." * 1_000,
        "order.payable_minor" + "x" * 1_900,
    ],
)
def test_hostile_texts_are_refused_without_repeating_them(text: str) -> None:
    error = refused(text)
    assert 0 <= error.position <= len(text)
    assert len(str(error)) < MESSAGE_MAX


def test_a_rule_that_could_cost_too_much_is_refused() -> None:
    clause = "order.currency.containsAny(lists.roads)"
    assert "costs up to" in str(refused(" || ".join([clause] * 20)))


def test_long_lists_of_clauses_and_deep_nesting_are_fine_within_the_bounds() -> None:
    compile_expression("||".join(["true"] * 199), SCHEMA)
    compile_expression("(" * 31 + "true" + ")" * 31, SCHEMA)
    compile_expression("!" * 31 + "true", SCHEMA)


WORDS = [
    *("order.payable_minor", "order.currency", "order.skus", "order.has_memo", "nobody.knows"),
    *("limits.hold", "lists.shops", "lists.roads", "limits.none", "order", ".", ",", "?", ":"),
    *("(", ")", "[", "]", "&&", "||", "!", "==", "<", ">=", "in", "+", "-", "*", "/", "%", "="),
    *("has", "size", ".startsWith(", ".containsAny(", "0", "1", "9223372036854775808", "'a'"),
    *("true", "false", "null", "'", '"', "\\", "1.5", "0x", "//", "\n", "'CNY'"),
]
texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="()[]!-+?:.'\"\\ax1 \n\ud800", max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=2_500).map("".join),
)


def attempt(text: str) -> Expression | ExpressionError:
    try:
        return compile_expression(text, SCHEMA)
    except ExpressionError as error:
        return error


def answer(expression: Expression, values: tuple[object, ...]) -> bool | Inconclusive:
    try:
        return expression.holds(values)
    except Inconclusive as unclear:
        return unclear


@given(texts)
def test_any_text_is_an_expression_or_an_error_with_a_place(text: str) -> None:
    result = attempt(text)
    if isinstance(result, ExpressionError):
        assert 0 <= result.position <= len(text)
        assert len(str(result)) < MESSAGE_MAX
        return
    for values in ((5, "CNY", ("a",), True), (None,) * len(FIELDS)):
        assert isinstance(answer(result, values), bool | Inconclusive)
        assert len(result.explain(values)) <= 300
