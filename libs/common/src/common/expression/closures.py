"""Turns checked terms into closures over the values; no source text is ever generated or run."""

from collections.abc import Callable, Container, Sequence
from functools import singledispatch
from typing import Any

from common.expression.comparing import (
    BETWEEN,
    FIELD_WITH_CONSTANT,
    FIELD_WITH_TERM,
    MIRRORED,
    Run,
    cause_if_missing,
    unclear,
)
from common.expression.integers import OPERATIONS, negative
from common.expression.joining import all_of, any_of
from common.expression.terms import (
    AllOf,
    AnyOf,
    Arithmetic,
    Choice,
    Comparison,
    ContainsAny,
    Has,
    Lookup,
    Membership,
    Named,
    Negated,
    Not,
    Read,
    Size,
    Term,
    TextTest,
    Value,
)
from common.expression.types import Type


@singledispatch
def closure_of(term: Term) -> Run:
    """Return what computes a term."""
    raise AssertionError(f"{type(term).__name__} cannot be compiled")


@closure_of.register
def _(term: Value) -> Run:
    value = term.value
    return lambda _: value


@closure_of.register
def _(term: Named) -> Run:
    value = term.constant.value
    return lambda _: value


@closure_of.register
def _(term: Read) -> Run:
    at, cause = term.at, cause_if_missing(term)
    return lambda values: x if (x := values[at]) is not None else unclear(cause)


@closure_of.register
def _(term: Has) -> Run:
    at = term.field.at
    return lambda values: values[at] is not None


@closure_of.register
def _(term: Not) -> Run:
    operand = closure_of(term.operand)
    return lambda values: not operand(values)


@closure_of.register
def _(term: Negated) -> Run:
    return negative(closure_of(term.operand))


@closure_of.register
def _(term: Arithmetic) -> Run:
    return OPERATIONS[term.operator](closure_of(term.left), closure_of(term.right))


@closure_of.register
def _(term: Comparison) -> Run:
    left, operator, right = term.left, term.operator, term.right
    if not isinstance(left, Read) and isinstance(right, Read):
        left, operator, right = right, MIRRORED[operator], left
    if not isinstance(left, Read):
        return BETWEEN[operator](closure_of(left), closure_of(right))
    cause = cause_if_missing(left)
    if isinstance(right, Value | Named):
        return FIELD_WITH_CONSTANT[operator](left.at, _value(right), cause)
    return FIELD_WITH_TERM[operator](left.at, closure_of(right), cause)


def _value(term: Value | Named) -> Any:
    return term.value if isinstance(term, Value) else term.constant.value


@closure_of.register
def _(term: Membership) -> Run:
    container = _container(term.container)
    if container is None:
        item, listed = closure_of(term.item), closure_of(term.container)
        return lambda values: item(values) in listed(values)
    if isinstance(term.item, Read):
        at, cause = term.item.at, cause_if_missing(term.item)
        return lambda values: x in container if (x := values[at]) is not None else unclear(cause)
    item = closure_of(term.item)
    return lambda values: item(values) in container


def _container(term: Term) -> Container[object] | None:
    """Return what is looked into if it is the same for every order, made for looking up."""
    match term:
        case Named(constant=constant) if constant.type is Type.INT_MAP:
            return constant.numbers
        case Named(constant=constant) if constant.type is Type.STRING_SET:
            return constant.members
        case Value() | Named():
            return frozenset(_value(term))
        case _:
            return None


@closure_of.register
def _(term: AllOf) -> Run:
    return all_of(tuple(closure_of(part) for part in term.parts))


@closure_of.register
def _(term: AnyOf) -> Run:
    return any_of(tuple(closure_of(part) for part in term.parts))


@closure_of.register
def _(term: Choice) -> Run:
    test, yes, no = closure_of(term.test), closure_of(term.yes), closure_of(term.no)
    return lambda values: yes(values) if test(values) else no(values)


@closure_of.register
def _(term: Lookup) -> Run:
    numbers, key = term.map.constant.numbers, closure_of(term.key)
    cause = f"missing_key:{term.map.name}"

    def run(values: Sequence[Any]) -> int:
        number = numbers.get(key(values))
        return unclear(cause) if number is None else number

    return run


@closure_of.register
def _(term: Size) -> Run:
    operand = closure_of(term.operand)
    return lambda values: len(operand(values))


_TEXT_TESTS: dict[str, Callable[[Run, Run], Run]] = {
    "startsWith": lambda text, part: lambda values: text(values).startswith(part(values)),
    "endsWith": lambda text, part: lambda values: text(values).endswith(part(values)),
    "contains": lambda text, part: lambda values: part(values) in text(values),
}


@closure_of.register
def _(term: TextTest) -> Run:
    return _TEXT_TESTS[term.method](closure_of(term.text), closure_of(term.part))


@closure_of.register
def _(term: ContainsAny) -> Run:
    text, contains_any = closure_of(term.text), term.texts.constant.contains_any
    return lambda values: contains_any(text(values))
