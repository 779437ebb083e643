"""Values from the payload, as closures: a source is read for every field of every order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.domain.mapping.kinds import Run, Setting
from ingest.domain.mapping.paths import Path, read
from ingest.domain.mapping.problems import Unreadable

Anchors = Mapping[str, Any]
"""What paths begin at, by name: the order, and the places of the mapping."""
Getter = Callable[[Any, Anchors], Any]
_ONE, _TWO = 1, 2


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
    """Return what reads the path; one or two names, which most paths are, without a detour."""
    names = [step for step in path.steps if isinstance(step, str)]
    if len(names) < len(path.steps) or len(names) > _TWO or not names:
        inner = _any_steps(path)
    else:
        inner = _one_name(names[0], path) if len(names) == _ONE else _two_names(names, path)
    anchor = path.anchor
    return (lambda _, anchors: inner(anchors[anchor], anchors)) if anchor else inner


def _any_steps(path: Path) -> Getter:
    steps = path.steps
    return lambda node, _: read(node, steps)


def _one_name(name: str, path: Path) -> Getter:
    def get(node: Any, _: Anchors) -> Any:
        return node.get(name) if type(node) is dict else read(node, path.steps)

    return get


def _two_names(names: Sequence[str], path: Path) -> Getter:
    first, second = names

    def get(node: Any, _: Anchors) -> Any:
        if type(node) is dict:
            inner = node.get(first)
            if type(inner) is dict:
                return inner.get(second)
            if inner is None:
                return None
        return read(node, path.steps)

    return get


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
