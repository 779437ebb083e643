"""An expression as it was parsed: its shape, before names and types are looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    position: int
    value: bool | int | str


@dataclass(frozen=True, slots=True)
class ListLiteral:
    position: int
    items: "tuple[Syntax, ...]"


@dataclass(frozen=True, slots=True)
class Name:
    position: int
    path: str
    """Dotted."""


@dataclass(frozen=True, slots=True)
class Unary:
    position: int
    operator: str
    operand: "Syntax"


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two; where it stands is its position."""

    position: int
    operator: str
    left: "Syntax"
    right: "Syntax"


@dataclass(frozen=True, slots=True)
class Chain:
    """`a && b && c` or `a || b || c`: one node, because such lists of clauses get long."""

    position: int
    operator: str
    parts: "tuple[Syntax, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    position: int
    test: "Syntax"
    yes: "Syntax"
    no: "Syntax"


@dataclass(frozen=True, slots=True)
class Index:
    position: int
    target: "Syntax"
    key: "Syntax"


@dataclass(frozen=True, slots=True)
class Call:
    position: int
    name: str
    target: "Syntax | None"
    """What a method is called on; None for a function."""
    arguments: "tuple[Syntax, ...]"


Syntax = Literal | ListLiteral | Name | Unary | Binary | Chain | Choice | Index | Call
