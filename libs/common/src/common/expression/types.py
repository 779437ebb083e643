"""What an expression may name: the fields of an order, the constants of a rule set, their types."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from common.expression.texts import containing_any

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


class Type(StrEnum):
    """Types of the language; the value is how error messages call it."""

    BOOL = "bool"
    INT = "int"
    """A signed integer of 64 bits."""
    STRING = "string"
    STRINGS = "list<string>"
    INTS = "list<int>"
    INT_MAP = "map<string, int>"
    """Only `m[key]` and `key in m`."""
    STRING_SET = "set of strings"
    """Only `value in s`."""
    TEXTS = "list of texts"
    """Only `text.containsAny(t)`."""

    def admits(self, value: object) -> bool:
        """Tell whether a value, as it comes from Python or JSON, is of this type."""
        match self:
            case Type.BOOL:
                return isinstance(value, bool)
            case Type.INT:
                return _is_int(value)
            case Type.STRING:
                return _is_string(value)
            case Type.STRINGS:
                return isinstance(value, list | tuple) and _all_strings(value)
            case Type.INTS:
                return isinstance(value, list | tuple) and all(map(_is_int, value))
            case _:
                return self._admits_constant(value)

    def _admits_constant(self, value: object) -> bool:
        """Judge a value of one of the types that only constants have."""
        if self is Type.INT_MAP:
            return (
                isinstance(value, Mapping)
                and _all_strings(value)
                and all(map(_is_int, value.values()))
            )
        if self is Type.TEXTS:  # an empty text would be found in every other
            return isinstance(value, list | tuple) and _all_strings(value) and all(value)
        return isinstance(value, list | tuple | set | frozenset) and _all_strings(value)


_OF_FIELDS = (Type.BOOL, Type.INT, Type.STRING, Type.STRINGS, Type.INTS)


def _is_int(value: object) -> bool:
    return type(value) is int and INT_MIN <= value <= INT_MAX


def _is_string(value: object) -> bool:
    """Half a surrogate pair, which JSON lets through, is no text: nothing could store it."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _all_strings(values: Collection[object]) -> bool:
    return all(map(_is_string, values))


@dataclass(frozen=True, slots=True)
class Field:
    """One position of the values an expression is asked about."""

    name: str
    """Dotted, such as order.payable_minor."""
    type: Type
    personal: bool = False
    """Its value is shown to nobody, not in an explanation either."""


@dataclass(frozen=True)
class Constant:
    """A value that a rule set brings along, such as a threshold or a blocklist."""

    type: Type
    value: object
    """A set of strings may be given as a tuple: explanations then tell the position of a hit."""

    def __post_init__(self) -> None:
        if not self.type.admits(self.value):
            raise ValueError(f"The value of a constant is no {self.type}.")

    @cached_property
    def members(self) -> frozenset[str]:
        """The value of a set of strings, made for looking up."""
        return frozenset(self.strings)

    @cached_property
    def contains_any(self) -> Callable[[str], bool]:
        """The test for a text that contains one of these."""
        return containing_any(self.strings)

    @property
    def strings(self) -> Collection[str]:
        """The values of a set of strings or list of texts, in their order if they have one."""
        value = self.value
        return [v for v in value if isinstance(v, str)] if isinstance(value, Collection) else ()

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The value of a map."""
        return dict(self.value) if isinstance(self.value, Mapping) else {}

    def position(self, string: str) -> int | None:
        """Return where the list has the string, or a text that the string contains.

        None where it has none, or no order.
        """
        if not isinstance(self.value, list | tuple):
            return None
        within = self.type is Type.TEXTS
        hits = (each in string if within else each == string for each in self.strings)
        return next((position for position, hit in enumerate(hits) if hit), None)


class Schema:
    """All names there are; a field is read at the position it was given at."""

    def __init__(self, fields: Sequence[Field], constants: Mapping[str, Constant]) -> None:
        """Take the names.

        Raises:
            ValueError: two things have the same name, or a field a type that is for constants.
        """
        if any(field.type not in _OF_FIELDS for field in fields):
            raise ValueError("A field has a type that only constants have.")
        self.fields = {field.name: (at, field) for at, field in enumerate(fields)}
        self.constants = dict(constants)
        if len(self.fields) < len(fields) or self.fields.keys() & self.constants.keys():
            raise ValueError("A name stands for two things.")

    @property
    def names(self) -> list[str]:
        return [*self.fields, *self.constants]
