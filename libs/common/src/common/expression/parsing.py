"""Parses an expression by the precedence of its operators, within fixed bounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from common.expression.errors import ExpressionError
from common.expression.syntax import (
    Binary,
    Call,
    Chain,
    Choice,
    Index,
    ListLiteral,
    Literal,
    Name,
    Syntax,
    Unary,
)
from common.expression.tokens import Kind, Token, tokens_of
from common.expression.types import INT_MAX

NODES_MAX = 200
DEPTH_MAX = 32

_LEVELS = {
    operator: level
    for level, operators in enumerate(
        (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
    )
    for operator in operators
}
"""Binary operators: a higher level binds tighter; each groups from the left."""
_CHAINED = ("||", "&&")
"""Become one node for any number of operands."""
_TRUTH = {"true": True, "false": False}

AnySyntax = TypeVar("AnySyntax", bound=Syntax)


def parse(text: str) -> Syntax:
    """Return the shape of an expression.

    Raises:
        ExpressionError: it has none, or it is longer or more deeply nested than may be.
    """
    parser = _Parser(tokens_of(text))
    whole = parser.expression()
    if parser.next.kind is not Kind.END:
        raise ExpressionError(f"{parser.next} was not expected here", parser.next.position)
    return whole


@dataclass(slots=True)
class _Parser:
    tokens: list[Token]
    at: int = 0
    nodes: int = 0
    depth: int = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def takes(self, *symbols: str) -> bool:
        """Take one of these symbols if it is the next token."""
        found = self.next.is_symbol(*symbols)
        self.at += found
        return found

    def expect(self, symbol: str) -> None:
        if not self.takes(symbol):
            raise ExpressionError(f"expected {symbol} before {self.next}", self.next.position)

    def made(self, node: AnySyntax) -> AnySyntax:
        self.nodes += 1
        if self.nodes > NODES_MAX:
            raise ExpressionError(f"an expression has at most {NODES_MAX} parts", node.position)
        return node

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Bound how often the parser calls itself: no text can exhaust the stack."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise ExpressionError(f"nested more than {DEPTH_MAX} deep", self.next.position)
        yield
        self.depth -= 1

    def expression(self) -> Syntax:
        with self.nested():
            test = self.binary(0)
            position = self.next.position
            if not self.takes("?"):
                return test
            yes = self.binary(0)
            self.expect(":")
            return self.made(Choice(position, test, yes, self.expression()))

    def binary(self, loosest: int) -> Syntax:
        left = self.unary()
        while (level := self.level()) >= loosest:
            operator = self.take()
            right = self.binary(level + 1)
            if operator.text in _CHAINED:
                left = self.chain(operator, left, right)
            else:
                left = self.made(Binary(operator.position, operator.text, left, right))
        return left

    def level(self) -> int:
        token = self.next
        return -1 if token.kind is Kind.STRING else _LEVELS.get(token.text, -1)

    def chain(self, operator: Token, *first: Syntax) -> Syntax:
        parts = [*first]
        while self.takes(operator.text):
            parts.append(self.binary(_LEVELS[operator.text] + 1))
        return self.made(Chain(operator.position, operator.text, tuple(parts)))

    def unary(self) -> Syntax:
        operator = self.next
        if not self.takes("!", "-"):
            return self.member()
        if operator.text == "-" and self.next.kind is Kind.INT:
            return self.integer(self.take(), minus=True)
        with self.nested():
            return self.made(Unary(operator.position, operator.text, self.unary()))

    def integer(self, token: Token, *, minus: bool = False) -> Syntax:
        value = -int(token.value) if minus else int(token.value)
        if value > INT_MAX:
            raise ExpressionError("this number has more than 64 bits", token.position)
        return self.made(Literal(token.position, value))

    def member(self) -> Syntax:
        node = self.primary()
        while True:
            position = self.next.position
            if self.takes("["):
                key = self.expression()
                self.expect("]")
                node = self.made(Index(position, node, key))
            elif self.takes("."):
                node = self.method(node)
            else:
                return node

    def method(self, target: Syntax) -> Syntax:
        name = self.identifier()
        if not self.takes("("):
            raise ExpressionError("only a name can be followed by a dot and a name", name.position)
        return self.made(Call(name.position, name.text, target, self.arguments(")")))

    def primary(self) -> Syntax:
        token = self.next
        match token.kind:
            case Kind.INT:
                return self.integer(self.take())
            case Kind.STRING:
                return self.made(Literal(token.position, str(self.take().value)))
            case Kind.NAME:
                return self.named()
            case _ if self.takes("("):
                inner = self.expression()
                self.expect(")")
                return inner
            case _ if self.takes("["):
                return self.made(ListLiteral(token.position, self.arguments("]")))
            case _:
                raise ExpressionError(f"expected a value before {token}", token.position)

    def named(self) -> Syntax:
        """Parse what begins with a name: a truth value, a function, or a dotted name."""
        first = self.identifier()
        if first.text in _TRUTH:
            return self.made(Literal(first.position, _TRUTH[first.text]))
        if self.takes("("):
            return self.made(Call(first.position, first.text, None, self.arguments(")")))
        path = [first.text]
        while self.next.is_symbol(".") and not self._is_method():
            self.take()
            path.append(self.identifier().text)
        return self.made(Name(first.position, ".".join(path)))

    def _is_method(self) -> bool:
        after = self.tokens[self.at + 1 : self.at + 3]
        return len(after) == 2 and after[0].kind is Kind.NAME and after[1].is_symbol("(")  # noqa: PLR2004 - a name and a parenthesis

    def identifier(self) -> Token:
        token = self.take()
        if token.kind is not Kind.NAME or token.text in {"in", "null"}:
            why = "there is no null; has(x) tells whether x is there"
            shown = why if token.text == "null" else f"expected a name before {token}"
            raise ExpressionError(shown, token.position)
        return token

    def arguments(self, end: str) -> tuple[Syntax, ...]:
        if self.takes(end):
            return ()
        found = [self.expression()]
        while self.takes(","):
            found.append(self.expression())
        self.expect(end)
        return tuple(found)
