"""Cuts the text of an expression into tokens."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from common.expression.errors import ExpressionError, cut
from common.expression.types import INT_MAX

TEXT_MAX = 2_000


class Kind(Enum):
    NAME = auto()
    INT = auto()
    STRING = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    position: int
    value: int | str = 0
    """Of a literal."""

    def is_symbol(self, *texts: str) -> bool:
        return self.kind is Kind.SYMBOL and self.text in texts

    def __str__(self) -> str:
        return "the end" if self.kind is Kind.END else cut(self.text)


_SPACE = re.compile(r"[ \t\r\n\f]*")
_TOKEN = re.compile(
    r"""
    (?P<name>   [A-Za-z_][A-Za-z0-9_]* )
  | (?P<fraction> [0-9]+\.[0-9] | [0-9]+[eE][+-]?[0-9] )
  | (?P<int>    0[xX][0-9A-Fa-f]+ | [0-9]+ )
  | (?P<string> "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*' )
  | (?P<comment> // )
  | (?P<symbol> && | \|\| | [=!<>]= | [-+*/%<>!?:()\[\],.] )
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"""\\(?:
    (?P<plain> [abfnrtv\\?"'`] )
  | [xX] (?P<two> [0-9A-Fa-f]{2} )
  | u (?P<four> [0-9A-Fa-f]{4} )
  | U (?P<eight> [0-9A-Fa-f]{8} )
  | (?P<octal> [0-3][0-7]{2} )
  | (?P<wrong> )
    )""",
    re.VERBOSE,
)
_PLAIN = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))
_SURROGATE = re.compile("[\ud800-\udfff]")
_CODE_POINT_MAX = 0x10FFFF


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text; the last one is the end.

    Raises:
        ExpressionError: the text is too long, or something in it is no token.
    """
    if len(text) > TEXT_MAX:
        raise ExpressionError(f"an expression has at most {TEXT_MAX} characters", TEXT_MAX)
    tokens: list[Token] = []
    position = _after_space(text, 0)
    while position < len(text):
        token = _token(text, position)
        tokens.append(token)
        position = _after_space(text, position + len(token.text))
    tokens.append(Token(Kind.END, "", len(text)))
    return tokens


def _after_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _token(text: str, position: int) -> Token:
    found = _TOKEN.match(text, position)
    if found is None:
        raise ExpressionError(_why_none(text[position]), position)
    content = found.group()
    match found.lastgroup:
        case "int":
            return Token(Kind.INT, content, position, _integer(text, found))
        case "string":
            return Token(Kind.STRING, content, position, _unescaped(content, position))
        case "name":
            return Token(Kind.NAME, content, position)
        case "symbol":
            return Token(Kind.SYMBOL, content, position)
        case "fraction":
            raise ExpressionError("there are no fractions; money is in minor units", position)
        case _:
            raise ExpressionError("there are no comments", position)


def _why_none(character: str) -> str:
    if character in "\"'":
        return "this string does not end on its line"
    if character in "&|=":
        return f"{character} has to be written twice"
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return f"{shown} means nothing here"


def _integer(text: str, found: re.Match[str]) -> int:
    content, position = found.group(), found.start()
    if text[found.end() : found.end() + 1].isalnum():
        raise ExpressionError(f"{cut(content)} runs into a letter", position)
    value = int(content, 16) if content[:2] in {"0x", "0X"} else int(content)
    if value > INT_MAX + 1:  # that one is a number still, after a minus
        raise ExpressionError("this number has more than 64 bits", position)
    return value


def _unescaped(literal: str, position: int) -> str:
    content = literal[1:-1]

    def character(escape: re.Match[str]) -> str:
        at = position + 1 + escape.start()
        if plain := escape["plain"]:
            return _PLAIN.get(plain, plain)
        if octal := escape["octal"]:
            return chr(int(octal, 8))
        digits = escape["two"] or escape["four"] or escape["eight"]
        if not digits or int(digits, 16) > _CODE_POINT_MAX:
            raise ExpressionError("this escape is none that CEL knows", at)
        return chr(int(digits, 16))

    value = _ESCAPE.sub(character, content) if "\\" in content else content
    if _SURROGATE.search(value):
        raise ExpressionError("half of a surrogate pair is no character", position)
    return value
