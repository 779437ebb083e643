"""Values from the payload, as closures: a source is read for every field of every order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.domain.mapping.kinds import Run, Setting
from ingest.domain.mapping.paths import Each, Path, Step, read, rows
from ingest.domain.mapping.problems import Unreadable

Anchors = Mapping[str, Any]
"""What paths begin at, by name: the order, and the places of the mapping."""
Getter = Callable[[Any, Anchors], Any]
Reader = Callable[..., Any]
"""Reads from a node; that it may be given the anchors too saves a call for most fields."""
_ONE = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A value from the payload: where it may be, and what is done with it."""

    paths: tuple[Path, ...]
    together: bool
    """Whether all that is found is one value, and not the first that is."""
    run: Callable[[Any, Anchors, Setting], Any]
    """Return the value; raises Unreadable where the steps cannot read what is there."""


def source_of(paths: Sequence[Path], steps: Sequence[Run], *, together: bool) -> Source:
    """Make a source ready to run."""
    readers = tuple((getter(path), path.text) for path in paths)
    if together:
        run = _all(readers, tuple(steps))
    elif len(readers) == _ONE and len(steps) == _ONE:
        run = _only(*readers[0], steps[0])
    else:
        run = _first(readers, tuple(steps))
    return Source(tuple(paths), together, run)


def getter(path: Path) -> Getter:
    """Return what reads the path; names in a row and lists, as most paths are, without detours."""
    inner, anchor = _reader(path.steps), path.anchor
    return (lambda _, anchors: inner(anchors[anchor])) if anchor else inner


def _reader(steps: tuple[Step, ...]) -> Reader:
    """Return what `read` does with these steps, made ready for them."""
    for place, step in enumerate(steps):
        if isinstance(step, Each):
            return _of_each(steps[:place], step, steps[place + 1 :])
    names = tuple(step for step in steps if isinstance(step, str))
    if len(names) < len(steps):
        return lambda node, _=None: read(node, steps)
    return _one_name(names[0], steps) if len(names) == 1 else _names(names, steps)


def _one_name(name: str, steps: tuple[Step, ...]) -> Reader:
    return lambda node, _=None: node.get(name) if type(node) is dict else read(node, steps)


def _names(names: tuple[str, ...], steps: tuple[Step, ...]) -> Reader:
    def get(node: Any, _: object = None) -> Any:
        at = node
        for name in names:
            if type(at) is not dict:
                return None if at is None else read(node, steps)
            at = at.get(name)
        return at

    return get


def _of_each(before: tuple[Step, ...], each: Each, after: tuple[Step, ...]) -> Reader:
    whole = _reader(before) if before else _itself
    part = _reader(after) if after else _itself
    counts = each.counts if each.name else None

    def get(node: Any, _: object = None) -> list[Any]:
        found: list[Any] = []
        for row in rows(whole(node), before):
            if counts is None or counts(row):
                value = part(row)
                if type(value) is list:
                    found += value
                elif value is not None:
                    found.append(value)
        return found

    return get


def _itself(node: Any, _: object = None) -> Any:
    return node


def _only(get: Getter, text: str, step: Run) -> Callable[[Any, Anchors, Setting], Any]:
    """Return what `_first` does, for one path and one step: most rules are that."""

    def run(node: Any, anchors: Anchors, setting: Setting) -> Any:
        value = get(node, anchors)
        if value is None or value == "":
            return None
        try:
            return step(value, setting)
        except Unreadable as error:
            raise Unreadable(f"{text} {error}") from None

    return run


def _first(
    readers: tuple[tuple[Getter, str], ...], steps: tuple[Run, ...]
) -> Callable[[Any, Anchors, Setting], Any]:
    def run(node: Any, anchors: Anchors, setting: Setting) -> Any:
        for get, text in readers:
            value = get(node, anchors)
            if value is None or value == "":
                continue
            try:
                for step in steps:
                    value = step(value, setting)
                    if value is None:
                        break
            except Unreadable as error:
                raise Unreadable(f"{text} {error}") from None
            if value is not None:
                return value
        return None

    return run


def _all(
    readers: tuple[tuple[Getter, str], ...], steps: tuple[Run, ...]
) -> Callable[[Any, Anchors, Setting], Any]:
    def run(node: Any, anchors: Anchors, setting: Setting) -> Any:
        value: Any = []
        for get, _ in readers:
            found = get(node, anchors)
            if type(found) is list:
                value += found
            elif found is not None:
                value.append(found)
        try:
            for step in steps:
                value = step(value, setting)
                if value is None:
                    break
        except Unreadable as error:
            raise Unreadable(f"{readers[0][1]} {error}") from None
        return value

    return run
