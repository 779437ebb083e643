"""One order in hand: its sections, rows and rules, read one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.expression import Expression, Inconclusive
from ingest.domain.mapping.compiled_mapping import (
    CompiledCondition,
    CompiledMapping,
    CompiledPlace,
    CompiledRows,
    CompiledSection,
    Ruled,
)
from ingest.domain.mapping.kinds import Setting
from ingest.domain.mapping.paths import ORDER, Path, read, rows
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.validation import Reason

DEFAULT_REASON = "as the channel says"
_NOTHING = Setting("", "")


@dataclass(slots=True)
class InHand:
    """One order while it is being read."""

    node: Any
    anchors: dict[str, Any]
    """What paths begin at: the order, and the places of the mapping."""
    setting: Setting = _NOTHING
    given: tuple[object, ...] = ()
    """Topic and shop, then the order's named values: what formulas read."""
    problems: list[Reason] = field(default_factory=list)


def anchors_of(mapping: CompiledMapping, order: InHand) -> dict[str, Any]:
    found = {ORDER: order.node}
    for name, place in mapping.places.items():
        try:
            found[name] = _first_object(place, order.node)
        except Unreadable as error:
            order.problems.append(unreadable(f"places.{name}", str(error)))
            found[name] = None
    return found


def _first_object(place: CompiledPlace, node: Any) -> Any:
    for path in place.paths:
        found = read(node, path.steps)
        if found is None or found == {}:
            continue
        if not isinstance(found, dict):
            raise Unreadable(f"{path.text} is no object")
        if place.having is None or read(found, place.having.steps) not in (None, ""):
            return found
    return None


def read_rows(compiled: CompiledRows, order: InHand, first: int = 0) -> Iterator[dict[str, Any]]:
    """Read the section of each row that counts; what is wrong is told of the order's own row."""
    number = first
    for row in nodes_of(compiled, order):
        before = len(order.problems)
        given = (*order.given, *read_values(compiled.section, order, row, order.given))
        read = len(order.problems)
        counted = counts(compiled, order, given)
        if counted:
            yield read_fields(compiled.section, order, row, given)
        elif len(order.problems) == read:  # it does not count, whatever is wrong with it
            del order.problems[before:]
        order.problems[before:] = [
            _numbered(problem, compiled.place, number) for problem in order.problems[before:]
        ]
        number += counted


def counts(compiled: CompiledRows, order: InHand, given: tuple[object, ...]) -> bool:
    """Tell whether a row with these values is one of the order's."""
    when = compiled.when
    return when is None or answer_of(when, f"{compiled.place}when", order, given)


def _numbered(problem: Reason, place: str, number: int) -> Reason:
    field = problem.field.replace(place, f"{_name(place)}.{number}.", 1)
    return Reason(problem.code, field, problem.message)


def _name(place: str) -> str:
    """Return `lines` or `payments`, whichever of its sections the place is."""
    return place.partition(".")[0]


def nodes_of(compiled: CompiledRows, order: InHand) -> list[Any]:
    """Return the rows as they came."""
    if not compiled.each:
        return [order.node]
    try:
        return _rows_at(compiled, order)
    except Unreadable as error:
        order.problems.append(unreadable(_name(compiled.place), str(error)))
        return []


def _rows_at(compiled: CompiledRows, order: InHand) -> list[Any]:
    """Return the rows of all the lists that are there, one after another."""
    found: list[Any] = []
    for path in compiled.each:
        value = _read(path, order.node, order.anchors)
        for step in compiled.steps:
            value = None if value is None else step(value, order.setting)
        found += rows(value, path.steps)
    if not all(isinstance(node, dict) for node in found):
        raise Unreadable("a row is no object")
    return found


def read_values(
    section: CompiledSection, order: InHand, node: Any, given: tuple[object, ...]
) -> list[object]:
    first, found = len(order.problems), list[object]()
    for ruled in section.values:
        before = len(order.problems)
        found.append(read_value(ruled, order, node, given))
        if len(order.problems) > before > first:  # what several are read from is told of once
            told = {problem.message for problem in order.problems[first:before]}
            if order.problems[-1].message in told:
                order.problems.pop()
    return found


def read_fields(
    section: CompiledSection, order: InHand, node: Any, given: tuple[object, ...]
) -> dict[str, Any]:
    return {ruled.target: read_value(ruled, order, node, given) for ruled in section.fields}


def read_value(ruled: Ruled, order: InHand, node: Any, given: tuple[object, ...]) -> Any:
    """Return what the rule gives; where it cannot tell, None with the reason noted."""
    value = None
    try:
        if ruled.source is not None:
            value = ruled.source.run(node, order.anchors, order.setting)
        elif ruled.formula is not None:
            value = ruled.formula.value(given)
            value = None if value == "" else value  # as an empty text of the payload is none
    except Unreadable as error:
        order.problems.append(unreadable(ruled.place, str(error)))
        return None
    except Inconclusive as error:
        if ruled.default is None:
            order.problems.append(_unanswered(ruled.place, error, order.problems))
            return None
    if value is None:
        value = ruled.default
    if value is None and ruled.required:
        message = "The message does not have what this needs."
        order.problems.append(Reason("missing_value", _field_of(ruled.place), message))
    return value


def _read(path: Path, node: Any, anchors: Mapping[str, Any]) -> Any:
    return read(anchors[path.anchor] if path.anchor else node, path.steps)


def holds(
    condition: CompiledCondition | None, place: str, order: InHand, given: tuple[object, ...]
) -> bool:
    return condition is not None and answer_of(condition.when, f"{place}.when", order, given)


def reason_of(
    condition: CompiledCondition | None, place: str, order: InHand, given: tuple[object, ...]
) -> str | None:
    if condition is None or not holds(condition, place, order, given):
        return None
    if condition.reason is None:
        return DEFAULT_REASON
    reason = read_value(condition.reason, order, order.node, given)
    return reason if isinstance(reason, str) else DEFAULT_REASON


def answer_of(expression: Expression, place: str, order: InHand, given: tuple[object, ...]) -> bool:
    try:
        return expression.holds(given)
    except Inconclusive as error:
        order.problems.append(_unclear(place, error))
        return False


def unreadable(place: str, message: str) -> Reason:
    return Reason("unreadable_field", _field_of(place), f"{message[:1].upper()}{message[1:]}.")


def _unanswered(place: str, error: Inconclusive, problems: Sequence[Reason]) -> Reason:
    """Say why a formula has no answer: a value that it wants is not there, or cannot be read."""
    section, _, _ = place.partition("fields.")
    kind, _, name = error.cause.partition(":")
    of_order = name.startswith("order.")
    value = f"values.{name.removeprefix('order.')}" if of_order else f"{section}values.{name}"
    for problem in problems if kind == "missing" else ():
        if problem.field == value:
            return Reason(problem.code, _field_of(place), problem.message)
    return _unclear(place, error)


def _unclear(place: str, error: Inconclusive) -> Reason:
    return Reason("unclear_rule", _field_of(place), f"The rule has no answer: {error.cause}.")


def _field_of(place: str) -> str:
    """Return the field of the order that a rule makes, or the rule's own name."""
    return place.replace("fields.", "", 1)
