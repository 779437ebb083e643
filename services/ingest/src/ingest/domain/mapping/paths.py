"""Source paths: where in a payload a value is found, such as `orders.order[].price`.

A path is names joined by dots. `[2]` is one place of a list, `[]` all of them: what follows is read
of each; `[name=ship_hold]` are those rows whose field of this name has this value. It begins at the
order or the row it is read for; `$.` begins at the order in any case (`$` alone is the order), and
`@ship_to.` at the place that the mapping calls ship_to. A name with a dot or bracket in it is
written in double quotes, and a quote or backslash within them after a backslash.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.domain.draft import ROWS_MAX
from ingest.domain.mapping.problems import Unreadable

STEPS_MAX = 12
ORDER = "$"
_ANCHOR = re.compile(r"(\$|@[a-z][a-z0-9_]*)\.")
_NAME = re.compile(r'"((?:[^"\\]|\\["\\])+)"|([^.\[\]"$@\s][^.\[\]"]*)')
_PLACE = re.compile(r"\[(?:([0-9]{0,4})|([^.\[\]\"=]{1,60})=([^\[\]\"=]{0,60}))\]")


@dataclass(frozen=True, slots=True)
class Each:
    """All places of a list; a single object counts as a list of one, as some gateways send it."""

    name: str = ""
    value: str = ""
    """Where there is a name: only rows in which it has this value."""

    def counts(self, row: Any) -> bool:
        if not self.name or not isinstance(row, dict):
            return not self.name
        found = row.get(self.name)
        if isinstance(found, bool):  # as JSON writes it
            return self.value == ("true" if found else "false")
        return not isinstance(found, dict | list) and str(found) == self.value

    def __str__(self) -> str:
        return f"[{self.name}={self.value}]" if self.name else "[]"


Step = str | int | Each


@dataclass(frozen=True, slots=True)
class Path:
    text: str
    steps: tuple[Step, ...]
    anchor: str
    """Where it begins: `$`, the name of a place, or nothing."""

    @property
    def many(self) -> bool:
        return any(isinstance(step, Each) for step in self.steps)


def parse_path(text: str) -> Path:
    """Read a path.

    Raises:
        ValueError: it is none; the message tells the character.
    """
    at, steps, anchor = 0, list[Step](), ""
    if text == ORDER:
        return Path(text, (), ORDER)
    if begins := _ANCHOR.match(text):
        anchor, at = begins[1].removeprefix("@"), begins.end()
    while at < len(text):
        if place := _PLACE.match(text, at):
            steps.append(int(place[1]) if place[1] else Each(place[2] or "", place[3] or ""))
            at = place.end()
        else:
            at = _skip_dot(text, at, first=not steps)
            name = _NAME.match(text, at)
            if name is None:
                raise ValueError(f"no name of a field at character {at + 1}")
            steps.append(_unquoted(name[1]) if name[1] else name[2].rstrip())
            at = name.end()
    if not steps:
        raise ValueError("is empty")
    if len(steps) > STEPS_MAX:
        raise ValueError(f"has more than {STEPS_MAX} steps")
    return Path(text, tuple(steps), anchor)


def _skip_dot(text: str, at: int, *, first: bool) -> int:
    if first:
        return at
    if text[at] != ".":
        raise ValueError(f"a dot is missing at character {at + 1}")
    return at + 1


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def read(node: Any, steps: Sequence[Step]) -> Any:
    """Return the value at the end of the steps, or None where there is none.

    Raises:
        Unreadable: there is something else on the way than the path expects.
    """
    for number, step in enumerate(steps):
        if node is None:
            return None
        if isinstance(step, str):
            if not isinstance(node, dict):
                raise Unreadable(f"{_written(steps[:number])} is no object")
            node = node.get(step)
        elif isinstance(step, int):
            if not isinstance(node, list):
                raise Unreadable(f"{_written(steps[:number])} is no list")
            node = node[step] if step < len(node) else None
        else:
            rest, found = steps[number + 1 :], rows(node, steps[:number])
            return _flat(read(one, rest) for one in found if step.counts(one))
    return node


def rows(node: Any, before: Sequence[Step] = ()) -> list[Any]:
    """Return what a list has; nothing of none, and a single object as a list of one."""
    if node is None:
        return []
    found = [node] if isinstance(node, dict) else node
    if not isinstance(found, list):
        raise Unreadable(f"{_written(before)} is no list")
    if len(found) > ROWS_MAX:
        raise Unreadable(f"{_written(before)} has more than {ROWS_MAX} rows")
    return found


def _flat(values: Iterator[Any]) -> list[Any]:
    flat: list[Any] = []
    for value in values:
        if isinstance(value, list):
            flat += value
        elif value is not None:
            flat.append(value)
    return flat


def places(node: Any, steps: Sequence[Step], so_far: str = "") -> Iterator[tuple[str, Any]]:
    """Tell where the values are that `read` finds: each with the path that leads to it alone."""
    for number, step in enumerate(steps):
        if node is None:
            return
        if isinstance(step, str):
            so_far = f"{so_far}.{_name(step)}" if so_far else _name(step)
            node = node.get(step) if isinstance(node, dict) else None
        elif isinstance(step, int):
            so_far = f"{so_far}[{step}]"
            node = node[step] if isinstance(node, list) and step < len(node) else None
        else:
            for place, one in _counted(node, step):
                yield from places(one, steps[number + 1 :], f"{so_far}[{place}]")
            return
    if node is not None:
        yield so_far, node


def _counted(node: Any, step: Each) -> Iterator[tuple[int, Any]]:
    found = [node] if isinstance(node, dict) else node
    if isinstance(found, list):
        for place, one in enumerate(found[:ROWS_MAX]):
            if step.counts(one):
                yield place, one


def _written(steps: Sequence[Step]) -> str:
    """Write the steps as a path; the beginning is the payload itself."""
    text = ""
    for step in steps:
        if isinstance(step, str):
            text = f"{text}.{_name(step)}" if text else _name(step)
        else:
            text += f"[{step}]" if isinstance(step, int) else str(step)
    return text or "the payload"


def _name(name: str) -> str:
    if _NAME.fullmatch(name) and not name.startswith('"') and name == name.rstrip():
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
