"""Steps into a value: JSON inside a text, a path within it, a table, what stands for none."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.domain.mapping import paths
from ingest.domain.mapping.kinds import (
    Kind,
    Make,
    Setting,
    Step,
    Tables,
    each,
    kind_of,
)
from ingest.domain.mapping.problems import Unreadable

_JSON_TEXT_MAX = 1_000_000


def _json(argument: Any, kind: Kind, _: Tables) -> Step:
    """What is written as JSON inside a text."""
    if argument is not None:
        raise ValueError("json takes no argument")

    def run(text: str, _: Setting) -> Any:
        if len(text) > _JSON_TEXT_MAX:
            raise Unreadable("is too long")
        try:
            return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError, InvalidOperation):
            raise Unreadable("is no JSON") from None

    return each("json", kind, Kind.TEXT, Kind.RAW, run)


def _refuse_constant(_: str) -> Any:
    raise ValueError


def _at(argument: Any, kind: Kind, _: Tables) -> Step:
    """What is at a path within a value."""
    if not isinstance(argument, str):
        raise ValueError("at takes a path")  # noqa: TRY004 - one kind of error for callers
    path = paths.parse_path(argument)
    if kind is not Kind.RAW or path.anchor:
        raise ValueError(f"at takes {Kind.RAW}, this is {kind}")
    gives = Kind.RAWS if path.many else Kind.RAW
    return Step("at", gives, lambda value, _: paths.read(value, path.steps))


def _lookup(argument: Any, kind: Kind, tables: Tables) -> Step:
    """What a table of the mapping says for the value; a value it does not have is refused."""
    otherwise: Any = None
    refuses = True
    if isinstance(argument, dict):
        if not {"table"} <= argument.keys() <= {"table", "else"}:
            raise ValueError('lookup takes the name of a table, or {"table": …, "else": …}')
        refuses, otherwise = "else" not in argument, argument.get("else")
        argument = argument["table"]
    table = tables.get(argument) if isinstance(argument, str) else None
    if table is None:
        raise ValueError("lookup names a table that is not there")
    values = [*table.values(), *([otherwise] if otherwise is not None else [])]
    gives = _kind_of_all(values)

    def run(text: str, _: Setting) -> Any:
        found = table.get(text, otherwise)
        if found is None and refuses:
            raise Unreadable("has a value that the table does not know")
        return found

    return each("lookup", kind, Kind.TEXT, gives, run)


def _kind_of_all(values: list[Any]) -> Kind:
    kinds = {kind_of(value) for value in values}
    if len(kinds) != 1:
        raise ValueError("the values of the table are not all of one kind")
    return kinds.pop()


def _none_if(argument: Any, kind: Kind, _: Tables) -> Step:
    """Texts that stand for none, such as the account 0 of all guests."""
    if not isinstance(argument, list) or not all(isinstance(one, str) for one in argument):
        raise ValueError("none_if takes a list of texts")
    nothing = frozenset(argument)
    return each(
        "none_if", kind, Kind.TEXT, Kind.TEXT, lambda text, _: None if text in nothing else text
    )


INNER_STEPS: Mapping[str, Make] = {
    "at": _at,
    "json": _json,
    "lookup": _lookup,
    "none_if": _none_if,
}
