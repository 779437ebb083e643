"""Resolves the names of a parsed expression and checks its types."""

from dataclasses import dataclass
from difflib import get_close_matches

from common.expression import syntax
from common.expression.errors import ExpressionError, cut
from common.expression.parsing import DEPTH_MAX
from common.expression.syntax import Syntax
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
from common.expression.types import Schema, Type

_ARITHMETIC = ("+", "-", "*", "/", "%")
_EQUALITY = ("==", "!=")
_ITEMS = {
    Type.STRINGS: Type.STRING,
    Type.INTS: Type.INT,
    Type.STRING_SET: Type.STRING,
    Type.INT_MAP: Type.STRING,
}
"""What can be looked for in what."""
_LISTS = {Type.STRING: Type.STRINGS, Type.INT: Type.INTS}
_TEXT_TESTS = ("startsWith", "endsWith", "contains")
_ANY_OF_TEXTS = "containsAny"
_NAME_MAX = 60
"""Longer names are not compared with those there are."""


def check(whole: Syntax, schema: Schema, wanted: Type = Type.BOOL) -> Term:
    """Return an expression with its names resolved.

    Raises:
        ExpressionError: it has a name or a type that is wrong, or gives another type.
    """
    return _Checker(schema).typed(whole, wanted, "a rule")


@dataclass(slots=True)
class _Checker:
    schema: Schema
    depth: int = 0

    def typed(self, node: Syntax, wanted: Type, place: str) -> Term:
        term = self.term(node)
        if term.type is not wanted:
            raise ExpressionError(f"{place} takes {wanted}, this is {term.type}", term.position)
        return term

    def term(self, node: Syntax) -> Term:
        self.depth += 1  # operators that group from the left nest without the parser's doing
        if self.depth > DEPTH_MAX:
            raise ExpressionError(f"nested more than {DEPTH_MAX} deep", node.position)
        checked = self.structure(node)
        self.depth -= 1
        return checked

    def structure(self, node: Syntax) -> Term:
        match node:
            case syntax.Name() | syntax.Literal() | syntax.ListLiteral():
                return self.leaf(node)
            case syntax.Unary(position, operator, operand):
                if operator == "!":
                    return Not(position, self.typed(operand, Type.BOOL, operator))
                return Negated(position, self.typed(operand, Type.INT, operator))
            case syntax.Chain(position, operator, parts):
                terms = tuple(self.typed(part, Type.BOOL, operator) for part in parts)
                return AllOf(position, terms) if operator == "&&" else AnyOf(position, terms)
            case syntax.Binary():
                return self.binary(node)
            case _:
                return self.special(node)

    def special(self, node: syntax.Choice | syntax.Index | syntax.Call) -> Term:
        match node:
            case syntax.Choice():
                return self.choice(node)
            case syntax.Index():
                return self.lookup(node)
            case syntax.Call(target=None):
                return self.function(node)
            case syntax.Call():
                return self.method(node)

    def leaf(self, node: syntax.Name | syntax.Literal | syntax.ListLiteral) -> Term:
        match node:
            case syntax.Name(position, path):
                return self.name(position, path)
            case syntax.Literal(position, value):
                return Value(position, _type_of(value), value)
            case syntax.ListLiteral(position, items):
                return _list(position, items)

    def name(self, position: int, path: str) -> Term:
        if (found := self.schema.fields.get(path)) is not None:
            at, field = found
            return Read(position, path, field.type, at, field.personal)
        if (constant := self.schema.constants.get(path)) is not None:
            return Named(position, path, constant)
        close = get_close_matches(path, self.schema.names, 1) if len(path) <= _NAME_MAX else ()
        hint = f"; {close[0]} is one" if close else ""
        raise ExpressionError(f"{cut(path)} is no name of a feature or constant{hint}", position)

    def binary(self, node: syntax.Binary) -> Term:
        operator = node.operator
        if operator in _ARITHMETIC:
            left = self.typed(node.left, Type.INT, operator)
            right = self.typed(node.right, Type.INT, operator)
            return Arithmetic(node.position, operator, left, right)
        left, right = self.term(node.left), self.term(node.right)
        if operator == "in":
            return _membership(node.position, left, right)
        return _comparison(node.position, operator, left, right)

    def choice(self, node: syntax.Choice) -> Term:
        test = self.typed(node.test, Type.BOOL, "the part before ?")
        yes = self.term(node.yes)
        if yes.type not in (Type.BOOL, Type.INT, Type.STRING):
            raise ExpressionError(f"? : cannot choose a {yes.type}", yes.position)
        return Choice(node.position, test, yes, self.typed(node.no, yes.type, "the part after :"))

    def lookup(self, node: syntax.Index) -> Term:
        target = self.term(node.target)
        if not isinstance(target, Named) or target.type is not Type.INT_MAP:
            problem = f"only a constant that is a {Type.INT_MAP} has an index, not {target.type}"
            raise ExpressionError(problem, node.position)
        return Lookup(node.position, target, self.typed(node.key, Type.STRING, "the index"))

    def function(self, node: syntax.Call) -> Term:
        if node.name not in {"has", "size"}:
            raise ExpressionError(f"there is no function {cut(node.name)}", node.position)
        operand = self.term(_only(node))
        if node.name == "size":
            if operand.type not in (Type.STRING, Type.STRINGS, Type.INTS):
                problem = f"size takes a string or a list, not {operand.type}"
                raise ExpressionError(problem, operand.position)
            return Size(node.position, operand)
        if not isinstance(operand, Read):
            raise ExpressionError("has takes the name of a feature", operand.position)
        return Has(node.position, operand)

    def method(self, node: syntax.Call) -> Term:
        if node.target is None or node.name not in (*_TEXT_TESTS, _ANY_OF_TEXTS):
            raise ExpressionError(f"there is no method {cut(node.name)}", node.position)
        text = self.typed(node.target, Type.STRING, node.name)
        if node.name in _TEXT_TESTS:
            part = self.typed(_only(node), Type.STRING, node.name)
            return TextTest(node.position, node.name, text, part)
        texts = self.term(_only(node))
        if not isinstance(texts, Named) or texts.type is not Type.TEXTS:
            problem = f"{node.name} takes a {Type.TEXTS}, not {texts.type}"
            raise ExpressionError(problem, texts.position)
        return ContainsAny(node.position, text, texts)


def _only(node: syntax.Call) -> Syntax:
    if len(node.arguments) != 1:
        raise ExpressionError(f"{node.name} takes one argument", node.position)
    return node.arguments[0]


def _type_of(value: int | str) -> Type:
    match value:
        case bool():
            return Type.BOOL
        case int():
            return Type.INT
        case str():
            return Type.STRING


def _list(position: int, items: tuple[Syntax, ...]) -> Term:
    values = [item.value for item in items if isinstance(item, syntax.Literal)]
    if len(values) < len(items):
        raise ExpressionError("a list is written of literals only", position)
    if not values:
        raise ExpressionError("an empty list has no type", position)
    strings = tuple(value for value in values if isinstance(value, str))
    numbers = tuple(v for v in values if isinstance(v, int) and not isinstance(v, bool))
    if len(values) not in (len(strings), len(numbers)):
        raise ExpressionError("the values of a list are all strings or all ints", position)
    return Value(position, _LISTS[_type_of(values[0])], strings or numbers)


def _membership(position: int, item: Term, container: Term) -> Term:
    wanted = _ITEMS.get(container.type)
    if wanted is None:
        problem = f"in looks into a list, set or map, not into {container.type}"
        raise ExpressionError(problem, container.position)
    if item.type is not wanted:
        problem = f"in looks for {wanted} in {container.type}, not for {item.type}"
        raise ExpressionError(problem, item.position)
    return Membership(position, item, container)


def _comparison(position: int, operator: str, left: Term, right: Term) -> Term:
    if left.type is not right.type:
        problem = f"{operator} compares two of one type, not {left.type} with {right.type}"
        raise ExpressionError(problem, position)
    comparable = (Type.INT, Type.STRING) + ((Type.BOOL,) if operator in _EQUALITY else ())
    if left.type not in comparable:
        raise ExpressionError(f"{operator} cannot compare {left.type}", position)
    return Comparison(position, operator, left, right)
