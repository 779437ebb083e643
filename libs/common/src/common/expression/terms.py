"""An expression whose names and types were checked: what is compiled, weighed and explained."""

from dataclasses import dataclass

from common.expression.types import Constant, Type


@dataclass(frozen=True, slots=True)
class Value:
    """A literal."""

    position: int
    type: Type
    value: bool | int | str | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A constant of the rule set."""

    position: int
    name: str
    constant: Constant

    @property
    def type(self) -> Type:
        return self.constant.type


@dataclass(frozen=True, slots=True)
class Read:
    """The field at one position of the values."""

    position: int
    name: str
    type: Type
    at: int
    personal: bool


@dataclass(frozen=True, slots=True)
class Has:
    """Whether a field is there."""

    position: int
    field: Read
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class Not:
    position: int
    operand: "Term"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class Negated:
    position: int
    operand: "Term"
    type: Type = Type.INT


@dataclass(frozen=True, slots=True)
class Arithmetic:
    position: int
    operator: str
    left: "Term"
    right: "Term"
    type: Type = Type.INT


@dataclass(frozen=True, slots=True)
class Comparison:
    position: int
    operator: str
    left: "Term"
    right: "Term"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class Membership:
    """`item in container`."""

    position: int
    item: "Term"
    container: "Term"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class AllOf:
    position: int
    parts: "tuple[Term, ...]"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class AnyOf:
    position: int
    parts: "tuple[Term, ...]"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class Choice:
    position: int
    test: "Term"
    yes: "Term"
    no: "Term"

    @property
    def type(self) -> Type:
        return self.yes.type


@dataclass(frozen=True, slots=True)
class Lookup:
    """`map[key]`."""

    position: int
    map: Named
    key: "Term"
    type: Type = Type.INT


@dataclass(frozen=True, slots=True)
class Size:
    position: int
    operand: "Term"
    type: Type = Type.INT


@dataclass(frozen=True, slots=True)
class TextTest:
    """`text.startsWith(part)` and its like."""

    position: int
    method: str
    text: "Term"
    part: "Term"
    type: Type = Type.BOOL


@dataclass(frozen=True, slots=True)
class ContainsAny:
    position: int
    text: "Term"
    texts: Named
    type: Type = Type.BOOL


Term = (
    Value
    | Named
    | Read
    | Has
    | Not
    | Negated
    | Arithmetic
    | Comparison
    | Membership
    | AllOf
    | AnyOf
    | Choice
    | Lookup
    | Size
    | TextTest
    | ContainsAny
)


def parts_of(term: Term) -> tuple[Term, ...]:
    """Return the terms right below a term."""
    below: list[Term] = []
    for name in term.__slots__:
        value = getattr(term, name)
        if isinstance(value, tuple) and name == "parts":
            below += value
        elif isinstance(value, Term):
            below.append(value)
    return tuple(below)


def all_terms(term: Term) -> list[Term]:
    """Return a term and everything below it."""
    found = [term]
    for each in found:  # grows while it is gone through
        found += parts_of(each)
    return found


def reads_of(term: Term) -> frozenset[str]:
    return frozenset(each.name for each in all_terms(term) if isinstance(each, Read))


def is_personal(term: Term) -> bool:
    return any(isinstance(each, Read) and each.personal for each in all_terms(term))
