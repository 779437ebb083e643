"""Closures for `&&` and `||`: the side that decides does so even if the other has no value.

No part is ever asked twice, which would be exponential in the nesting. Where no part decides, the
first that could not tell is the cause.
"""

from collections.abc import Sequence
from typing import Any

from common.expression.comparing import Run
from common.expression.errors import Inconclusive

_PAIR = 2


def all_of(parts: tuple[Run, ...]) -> Run:
    return _both(*parts) if len(parts) == _PAIR else _many(parts, deciding=False)


def any_of(parts: tuple[Run, ...]) -> Run:
    return _either(*parts) if len(parts) == _PAIR else _many(parts, deciding=True)


def _both(first: Run, second: Run) -> Run:
    """The most frequent case, at half the cost of the general one."""

    def run(values: Sequence[Any]) -> Any:
        try:
            if not first(values):
                return False
        except Inconclusive:
            if _told(second, values) is False:
                return False
            raise
        return second(values)

    return run


def _either(first: Run, second: Run) -> Run:
    def run(values: Sequence[Any]) -> Any:
        try:
            if first(values):
                return True
        except Inconclusive:
            if _told(second, values) is True:
                return True
            raise
        return second(values)

    return run


def _many(parts: tuple[Run, ...], *, deciding: bool) -> Run:
    def run(values: Sequence[Any]) -> Any:
        remaining = iter(parts)
        try:
            for part in remaining:
                if part(values) is deciding:
                    return deciding
        except Inconclusive:
            for part in remaining:  # goes on after the part that could not tell
                if _told(part, values) is deciding:
                    return deciding
            raise
        return not deciding

    return run


def _told(part: Run, values: Sequence[Any]) -> Any:
    try:
        return part(values)
    except Inconclusive:
        return None
