"""What a value is between two steps, and what a step is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingest.domain.mapping.readings import flag_of, moment_of, text_of, whole_of


class Kind(StrEnum):
    """What a value is between two steps; the value is how error messages call it."""

    RAW = "a value as it came"
    TEXT = "a text"
    WHOLE = "a whole number"
    FLAG = "a yes or no"
    TIME = "a time"
    RAWS = "values as they came"
    TEXTS = "texts"
    WHOLES = "whole numbers"


SINGLE = {Kind.RAWS: Kind.RAW, Kind.TEXTS: Kind.TEXT, Kind.WHOLES: Kind.WHOLE}
MANY = {single: many for many, single in SINGLE.items()}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a step may know beside its value."""

    currency: str
    country: str


Run = Callable[[Any, Setting], Any]
Tables = Mapping[str, Mapping[str, str | int | bool]]


@dataclass(frozen=True, slots=True)
class Step:
    """One transform, ready to run; a value that is not there passes it by."""

    name: str
    gives: Kind
    run: Run


Make = Callable[[Any, Kind, Tables], Step]


def coerced(kind: Kind, wanted: Kind) -> Run | None:
    """Return what reads a value as it came as the kind a field has; None where nothing can."""
    if kind is wanted or (kind, wanted) == (Kind.TEXT, Kind.RAW):  # a text may have come so
        return lambda value, _: value
    if kind is Kind.RAW and wanted in _READERS:
        reader = _READERS[wanted]
        return lambda value, _: reader(value)
    if kind is Kind.RAWS and wanted in (Kind.TEXTS, Kind.WHOLES):
        reader = _READERS[SINGLE[wanted]]
        return lambda values, _: [one for value in values if (one := reader(value)) is not None]
    return None


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text_of,
    Kind.WHOLE: whole_of,
    Kind.FLAG: flag_of,
    Kind.TIME: lambda value: moment_of(value, None),
}


def each(name: str, kind: Kind, takes: Kind, gives: Kind, run: Run) -> Step:
    """Make a step that does with each of many what it does with one.

    A value as it came is read as what the step takes.
    """
    single = SINGLE.get(kind, kind)
    read = coerced(single, takes)
    if read is None:
        raise ValueError(f"{name} takes {takes}, this is {kind}")

    def read_and_run(value: Any, setting: Setting) -> Any:
        found = read(value, setting)
        return None if found is None else run(found, setting)

    one = run if single is takes else read_and_run
    if kind is single:
        return Step(name, gives, one)
    if gives not in MANY:
        raise ValueError(f"{name} gives {gives}, of which a field cannot have many")

    def many(values: Any, setting: Setting) -> Any:
        return [made for value in values if (made := one(value, setting)) is not None]

    return Step(name, MANY[gives], many)


def plain(name: str, takes: Kind, gives: Kind, run: Run) -> Make:
    def make(argument: Any, kind: Kind, _: Tables) -> Step:
        if argument is not None:
            raise ValueError(f"{name} takes no argument")
        return each(name, kind, takes, gives, run)

    return make


def kind_of(value: object) -> Kind:
    match value:
        case bool():
            return Kind.FLAG
        case int():
            return Kind.WHOLE
        case str():
            return Kind.TEXT
        case _:
            raise ValueError("a constant is a text, a whole number, true or false")
