"""Any well-typed expression means what CEL and a three-valued reference say it means.

Expressions are drawn as text together with a function that computes them, one value at a time and
without any of the tested code; the text has no more parentheses than it needs, so that precedence
is tested too.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cel
from hypothesis import assume, given, reject, settings
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

UNCLEAR = object()
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
FIELDS = {
    **dict.fromkeys(("i.a", "i.b"), Type.INT),
    **dict.fromkeys(("s.a", "s.b"), Type.STRING),
    **dict.fromkeys(("b.a", "b.b"), Type.BOOL),
    "l.s": Type.STRINGS,
    "l.i": Type.INTS,
}
LIMITS = {"a": 1, "CNY": 500_000, "": -3}
NAMES = ("a", "CNY", "zz")
SCHEMA = Schema(
    [Field(name, type_) for name, type_ in FIELDS.items()],
    {
        "limits.map": Constant(Type.INT_MAP, LIMITS),
        "limits.one": Constant(Type.INT, 7),
        "lists.names": Constant(Type.STRING_SET, frozenset(NAMES)),
    },
)
Values = Mapping[str, Any]
Evaluate = Callable[[Values], Any]
Expressions = st.SearchStrategy["Drawn"]
TERNARY, OR, AND, RELATION, SUM, PRODUCT, UNARY, ATOM = range(8)


@dataclass(frozen=True)
class Drawn:
    """An expression, how tightly its outermost operator binds, and what it computes."""

    text: str
    evaluate: Evaluate
    binds: int = ATOM

    def within(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"


def strictly(function: Callable[..., Any], *operands: Drawn) -> Evaluate:
    """Compute a function that has no value where one of its operands has none."""

    def evaluate(values: Values) -> Any:
        known = [operand.evaluate(values) for operand in operands]
        return UNCLEAR if UNCLEAR in known else function(*known)

    return evaluate


def in_range(number: int) -> Any:
    return number if INT_MIN <= number <= INT_MAX else UNCLEAR


def divided(left: int, right: int) -> Any:
    if right == 0:
        return UNCLEAR
    quotient, rest = divmod(left, right)
    return in_range(quotient + 1 if rest and quotient < 0 else quotient)


def left_over(left: int, right: int) -> Any:
    quotient = divided(left, right)
    return UNCLEAR if quotient is UNCLEAR else left - right * quotient


ARITHMETIC = {
    "+": (SUM, lambda a, b: in_range(a + b)),
    "-": (SUM, lambda a, b: in_range(a - b)),
    "*": (PRODUCT, lambda a, b: in_range(a * b)),
    "/": (PRODUCT, divided),
    "%": (PRODUCT, left_over),
}
EQUAL = {"==": operator.eq, "!=": operator.ne}
ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
TEXT_TESTS = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
letters = st.text(alphabet="aCNY z'\"\\\n?", max_size=4)
edges = st.sampled_from([INT_MIN, INT_MIN + 1, -7, -1, 0, 1, 2, 3, 7, 2**32, INT_MAX])
numbers = st.one_of(edges, st.integers(-20, 20))


def written(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"
    return str(value).lower() if isinstance(value, bool) else str(value)


def literals(values: st.SearchStrategy[Any]) -> Expressions:
    return values.map(lambda value: Drawn(written(value), lambda _: value))


def fields(wanted: Type) -> Expressions:
    names = [name for name, type_ in FIELDS.items() if type_ is wanted]
    return st.sampled_from(names).map(
        lambda name: Drawn(name, lambda values: UNCLEAR if values[name] is None else values[name])
    )


def binary(sign: str, level: int, left: Drawn, right: Drawn, evaluate: Evaluate) -> Drawn:
    return Drawn(f"{left.within(level)} {sign} {right.within(level + 1)}", evaluate, level)


def chosen(test: Drawn, yes: Drawn, no: Drawn) -> Drawn:
    def evaluate(values: Values) -> Any:
        decided = test.evaluate(values)
        return decided if decided is UNCLEAR else (yes if decided else no).evaluate(values)

    text = f"{test.within(OR)} ? {yes.within(OR)} : {no.within(TERNARY)}"
    return Drawn(text, evaluate, TERNARY)


def joined(sign: str, left: Drawn, right: Drawn) -> Drawn:
    deciding = sign == "||"

    def evaluate(values: Values) -> Any:
        both = left.evaluate(values), right.evaluate(values)
        if deciding in both:
            return deciding
        return UNCLEAR if UNCLEAR in both else not deciding

    return binary(sign, OR if deciding else AND, left, right, evaluate)


def calculated(sign: str, left: Drawn, right: Drawn) -> Drawn:
    level, function = ARITHMETIC[sign]
    return binary(sign, level, left, right, strictly(function, left, right))


def negated(operand: Drawn) -> Drawn:
    return Drawn(f"-{operand.text}", strictly(lambda a: in_range(-a), operand), UNARY)


def sized(operand: Drawn) -> Drawn:
    return Drawn(f"size({operand.text})", strictly(len, operand))


def looked_up(key: Drawn) -> Drawn:
    return Drawn(f"limits.map[{key.text}]", strictly(lambda k: LIMITS.get(k, UNCLEAR), key))


def opposite(operand: Drawn) -> Drawn:
    return Drawn(f"!{operand.within(UNARY)}", strictly(operator.not_, operand), UNARY)


def compared(sign: str, left: Drawn, right: Drawn) -> Drawn:
    evaluate = strictly((EQUAL | ORDERED)[sign], left, right)
    return binary(sign, RELATION, left, right, evaluate)


def contained(item: Drawn, container: Drawn) -> Drawn:
    return binary("in", RELATION, item, container, strictly(lambda a, b: a in b, item, container))


def text_tested(method: str, text: Drawn, part: Drawn) -> Drawn:
    called = f"{text.within(ATOM)}.{method}({part.text})"
    return Drawn(called, strictly(TEXT_TESTS[method], text, part))


def listed(values: Sequence[object]) -> Drawn:
    return Drawn(f"[{', '.join(map(written, values))}]", lambda _: values)


def present(name: str) -> Drawn:
    return Drawn(f"has({name})", lambda values: values[name] is not None)


def one_of(*signs: Iterable[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([sign for group in signs for sign in group])


STRING_LISTS = fields(Type.STRINGS) | st.lists(letters, min_size=1, max_size=4).map(listed)
INT_LISTS = fields(Type.INTS) | st.lists(numbers, min_size=1, max_size=4).map(listed)
CONSTANTS = st.sampled_from(
    [Drawn("lists.names", lambda _: NAMES), Drawn("limits.map", lambda _: LIMITS)]
)


@cache
def ints(depth: int) -> Expressions:
    leaves = fields(Type.INT) | literals(numbers) | st.just(Drawn("limits.one", lambda _: 7))
    if not depth:
        return leaves
    below, texts = ints(depth - 1), strings(depth - 1)
    return st.one_of(
        leaves,
        st.builds(calculated, one_of(ARITHMETIC), below, below),
        fields(Type.INT).map(negated),
        st.one_of(fields(Type.STRINGS), fields(Type.INTS), texts).map(sized),
        texts.map(looked_up),
        st.builds(chosen, bools(depth - 1), below, below),
    )


@cache
def strings(depth: int) -> Expressions:
    leaves = fields(Type.STRING) | literals(letters)
    if not depth:
        return leaves
    below = strings(depth - 1)
    return st.one_of(leaves, leaves, st.builds(chosen, bools(depth - 1), below, below))


@cache
def bools(depth: int) -> Expressions:
    leaves = st.one_of(
        fields(Type.BOOL), literals(st.booleans()), st.sampled_from(sorted(FIELDS)).map(present)
    )
    if not depth:
        return leaves
    below, whole, texts = bools(depth - 1), ints(depth - 1), strings(depth - 1)
    return st.one_of(
        leaves,
        st.builds(joined, one_of(["&&", "||"]), below, below),
        below.map(opposite),
        st.builds(chosen, below, below, below),
        st.builds(compared, one_of(EQUAL, ORDERED), whole, whole),
        st.builds(compared, one_of(EQUAL, ORDERED), texts, texts),
        st.builds(compared, one_of(EQUAL), below, below),
        st.builds(contained, texts, STRING_LISTS | CONSTANTS),
        st.builds(contained, whole, INT_LISTS),
        st.builds(text_tested, one_of(TEXT_TESTS), texts, texts),
    )


VALUES = {
    Type.INT: numbers,
    Type.STRING: st.one_of(st.sampled_from(NAMES), letters),
    Type.BOOL: st.booleans(),
    Type.STRINGS: st.lists(letters, max_size=3).map(tuple),
    Type.INTS: st.lists(numbers, max_size=3).map(tuple),
}
vectors = st.fixed_dictionaries(
    {name: st.one_of(VALUES[type_], VALUES[type_], st.none()) for name, type_ in FIELDS.items()}
)


@st.composite
def drawn_expressions(draw: st.DrawFn) -> Drawn:
    """Draw one; as a strategy of its own, because the whole one is far too long to be printed."""
    return draw(bools(4))


expressions = drawn_expressions()


def compiled(text: str) -> Expression:
    """Compile what has a value for some order."""
    try:
        return compile_expression(text, SCHEMA)
    except ExpressionError as error:
        if error.problem.startswith(("this always", "there is no such key", "an expression has")):
            reject()
        raise


def in_order(values: Values) -> tuple[object, ...]:
    return tuple(values[name] for name in FIELDS)


def answer(expression: Expression, values: Sequence[object]) -> object:
    try:
        return expression.holds(values)
    except Inconclusive:
        return UNCLEAR


@settings(max_examples=500)
@given(expressions, vectors)
def test_it_means_what_the_reference_says_with_any_data_missing(
    drawn: Drawn, values: Values
) -> None:
    expression = compiled(drawn.text)
    told = answer(expression, in_order(values))
    assert told is drawn.evaluate(values)


def of_cel(text: str, values: Values) -> object:
    """Ask the CEL written in Rust; what it raises is no value."""
    context: dict[str, Any] = {
        "limits": {"map": LIMITS, "one": 7},
        "lists": {"names": list(NAMES)},
    }
    for name, value in values.items():
        group, _, key = name.partition(".")
        context.setdefault(group, {})
        if value is not None:
            context[group][key] = list(value) if isinstance(value, tuple) else value
    try:
        return cel.evaluate(text, context)
    except (KeyError, ZeroDivisionError, OverflowError):
        return UNCLEAR
    except ValueError as error:
        raise AssertionError(f"CEL does not know {text!r}") from error


@settings(max_examples=300)
@given(expressions, vectors)
def test_cel_gives_the_same_value_or_has_none_either(drawn: Drawn, values: Values) -> None:
    assume(INT_MIN not in values.values())  # of which the minus wraps around there; CEL forbids it
    told = answer(compiled(drawn.text), in_order(values))
    assert told is of_cel(drawn.text, values)


class Counted(Sequence[object]):
    """Values that count how often they are read."""

    def __init__(self, values: Sequence[object]) -> None:
        self.values = values
        self.reads = 0

    def __getitem__(self, at: Any) -> Any:
        self.reads += 1
        return self.values[at]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[object]:
        raise AssertionError("values are read one by one")


@given(expressions, vectors)
def test_no_part_is_asked_twice_so_the_cost_stays_within_its_bound(
    drawn: Drawn, values: Values
) -> None:
    expression = compiled(drawn.text)
    counted = Counted(in_order(values))
    answer(expression, counted)
    assert counted.reads <= len(re.findall(r"\b[bils]\.[abis]\b", drawn.text)) <= expression.cost


@given(vectors)
def test_no_nesting_of_chains_multiplies_the_work(values: Values) -> None:
    text = "b.a"
    for sign in ("&&", "||") * 8:
        text = f"(b.b {sign} i.a > 3 {sign} {text})"
    counted = Counted(in_order({**values, "b.b": None, "i.a": None}))
    assert answer(compiled(text), counted) is UNCLEAR
    assert counted.reads <= 33


@given(expressions, vectors)
def test_every_answer_can_be_explained_in_one_line(drawn: Drawn, values: Values) -> None:
    told = compiled(drawn.text).explain(in_order(values))
    assert 0 < len(told) <= 300
    assert told.isprintable()


PRIVATE = Schema(
    [Field(name, type_, type_ is Type.STRING) for name, type_ in FIELDS.items()], SCHEMA.constants
)


@given(expressions, vectors)
def test_no_explanation_shows_what_is_in_a_personal_field(drawn: Drawn, values: Values) -> None:
    compiled(drawn.text)
    private = {**values, "s.a": "§" * 7, "s.b": "§" * 9}
    assert "§" not in compile_expression(drawn.text, PRIVATE).explain(in_order(private))
