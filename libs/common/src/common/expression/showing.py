"""Writes one clause of an expression together with the values it was asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from common.expression.closures import closure_of
from common.expression.errors import Inconclusive, cut
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

VALUE_MAX = 40
_ATOMS = (Value, Named, Read, Has, Lookup, Size, TextTest, ContainsAny)


def in_parentheses(term: Term, shown: str) -> str:
    """Enclose what was written of a term, unless it stands together anyway."""
    return shown if isinstance(term, _ATOMS) else f"({shown})"


@dataclass(frozen=True, slots=True)
class Clause:
    """The values a clause was asked about; if it reads a personal field, none of them is shown.

    Neither are its string literals then: where they were compared, one could be that field's value.
    """

    values: Sequence[object]
    secret: bool

    def shown(self, term: Term) -> str:
        return _shown(term, self)

    def operand(self, term: Term) -> str:
        return in_parentheses(term, self.shown(term))

    def literal(self, value: object) -> str:
        if self.secret and isinstance(value, str | tuple):
            return '"…"' if isinstance(value, str) else "[…]"
        return _written(value)

    def with_value(self, name: str, term: Term) -> str:
        if self.secret:
            return name
        value = self.known(term)
        return f"{name} ({'no value' if value is None else _written(value)})"

    def known(self, term: Term) -> Any:
        try:
            return closure_of(term)(self.values)
        except Inconclusive:
            return None

    def place(self, constant: Named, item: Term) -> str:
        """Name a constant, and the position in it where the item was found."""
        value = self.known(item)
        position = None if value is None else constant.constant.position(value)
        return constant.name if position is None else f"{constant.name}.{position}"


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{cut(_printable(value), VALUE_MAX)}"'
        case list() | tuple():
            return cut(f"[{', '.join(map(_written, value))}]", VALUE_MAX)
        case _:
            return str(value)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: VALUE_MAX + 1])


@singledispatch
def _shown(term: Term, clause: Clause) -> str:
    raise AssertionError(f"{type(term).__name__} cannot be written for {clause}")


@_shown.register
def _(term: Value, clause: Clause) -> str:
    return clause.literal(term.value)


@_shown.register
def _(term: Named, clause: Clause) -> str:
    scalar = term.type in {Type.INT, Type.BOOL, Type.STRING}
    return clause.with_value(term.name, term) if scalar else term.name


@_shown.register
def _(term: Read, clause: Clause) -> str:
    return clause.with_value(term.name, term)


@_shown.register
def _(term: Has, clause: Clause) -> str:  # noqa: ARG001 - no value is looked at
    return f"has({term.field.name})"


@_shown.register
def _(term: Not, clause: Clause) -> str:
    return f"!{clause.operand(term.operand)}"


@_shown.register
def _(term: Negated, clause: Clause) -> str:
    return f"-{clause.operand(term.operand)}"


@_shown.register(Arithmetic)
@_shown.register(Comparison)
def _(term: Arithmetic | Comparison, clause: Clause) -> str:
    return f"{clause.operand(term.left)} {term.operator} {clause.operand(term.right)}"


@_shown.register
def _(term: Membership, clause: Clause) -> str:
    container = term.container
    where = (
        clause.place(container, term.item)
        if isinstance(container, Named)
        else clause.operand(container)
    )
    return f"{clause.operand(term.item)} in {where}"


@_shown.register
def _(term: AllOf, clause: Clause) -> str:
    return " && ".join(map(clause.operand, term.parts))


@_shown.register
def _(term: AnyOf, clause: Clause) -> str:
    return " || ".join(map(clause.operand, term.parts))


@_shown.register
def _(term: Choice, clause: Clause) -> str:
    parts = (term.test, term.yes, term.no)
    return "{} ? {} : {}".format(*map(clause.operand, parts))


@_shown.register
def _(term: Lookup, clause: Clause) -> str:
    key = clause.known(term.key)
    shown = clause.shown(term.key) if key is None else clause.literal(key)
    return clause.with_value(f"{term.map.name}[{shown}]", term)


@_shown.register
def _(term: Size, clause: Clause) -> str:
    operand = term.operand
    shown = operand.name if isinstance(operand, Read) else clause.shown(operand)
    return clause.with_value(f"size({shown})", term)


@_shown.register
def _(term: TextTest, clause: Clause) -> str:
    return f"{clause.operand(term.text)}.{term.method}({clause.shown(term.part)})"


@_shown.register
def _(term: ContainsAny, clause: Clause) -> str:
    return f"{clause.operand(term.text)}.containsAny({clause.place(term.texts, term.text)})"
