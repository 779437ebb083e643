"""Reads what a process shows at `/metrics`: only the wanted names, since it is done all the time.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?"
)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n"}


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: dict[str, str]
    value: float


def read(text: str, wanted: Collection[str]) -> Iterator[Sample]:
    """Give the samples with these names; a line that cannot be read is passed over."""
    for line in text.split("\n"):
        # Most lines are buckets and comments: they are told apart without looking further.
        name = line.partition("{")[0].partition(" ")[0]
        if name in wanted and (match := _LINE.fullmatch(line.strip())):
            try:
                value = float(match["value"])
            except ValueError:
                continue
            yield Sample(name, _labels(match["labels"] or ""), value)


def _labels(text: str) -> dict[str, str]:
    return {name: _unescaped(value) for name, value in _LABEL.findall(text)}


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda m: _MEANT.get(m[1], m[1]), value) if "\\" in value else value
