"""Steps that make amounts, numbers, times, and a yes or no."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.money import MINOR_MAX
from ingest.domain.mapping.kinds import (
    Kind,
    Make,
    Setting,
    Step,
    Tables,
    coerced,
    each,
    plain,
)
from ingest.domain.mapping.problems import Unreadable
from ingest.domain.mapping.readings import (
    flag_of,
    major_of,
    minor_of,
    moment_in,
    moment_of,
    moment_since_epoch,
)


def _money(argument: Any, kind: Kind, _: Tables) -> Step:
    """An amount in minor units; the channel writes it in major ones (元) or minor ones (分)."""
    match argument:
        case "major":
            return each("money", kind, Kind.RAW, Kind.WHOLE, lambda v, s: major_of(v, s.currency))
        case "minor":
            return each("money", kind, Kind.RAW, Kind.WHOLE, lambda v, _: minor_of(v))
        case _:
            raise ValueError('money takes "major" (元) or "minor" (分)')


def _sum(argument: Any, kind: Kind, _: Tables) -> Step:
    if argument is not None:
        raise ValueError("sum takes no argument")
    read = coerced(kind, Kind.WHOLES)
    if read is None:
        raise ValueError(f"sum takes {Kind.WHOLES}, this is {kind}")

    def run(values: Any, setting: Setting) -> int:
        total = sum(read(values, setting))
        if abs(total) >= MINOR_MAX:
            raise Unreadable("is out of range")
        return total

    return Step("sum", Kind.WHOLE, run)


def _time(argument: Any, kind: Kind, _: Tables) -> Step:
    """A time: ISO 8601, a strftime pattern, or units since 1970; where it has no offset, a zone."""
    if not isinstance(argument, dict) or not argument.keys() <= {"as", "zone", "none"}:
        raise ValueError('time takes {"as": …, "zone": …, "none": [texts that stand for no time]}')
    written, nothing = argument.get("as", "iso"), argument.get("none", [])
    zone = _zone(argument.get("zone"))
    if not isinstance(nothing, list) or not all(isinstance(one, str) for one in nothing):
        raise ValueError("none is a list of texts")
    read = _reader_of_times(written, zone)
    none = frozenset(nothing)

    def run(value: Any, _: Setting) -> Any:
        return None if isinstance(value, str) and value.strip() in none else read(value)

    return each("time", kind, Kind.RAW, Kind.TIME, run)


def _zone(name: Any) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError("zone is no name of a time zone, such as Asia/Shanghai") from None


def _reader_of_times(written: Any, zone: tzinfo | None) -> Callable[[Any], Any]:
    match written:
        case [_, *_] if all(isinstance(one, str) for one in written):
            return _first_that_reads([_reader_of_times(one, zone) for one in written])
        case "iso":
            return lambda value: moment_of(value, zone)
        case "seconds":
            return lambda value: moment_since_epoch(value, timedelta(seconds=1))
        case "milliseconds":
            return lambda value: moment_since_epoch(value, timedelta(milliseconds=1))
        case str() if "%" in written:
            return lambda value: moment_in(value, written, zone)
        case _:
            raise ValueError(
                'as is "iso", "seconds", "milliseconds" or a pattern with %, or a list of them'
            )


def _first_that_reads(readers: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return what reads a time that a channel writes now this way and now that."""

    def read(value: Any) -> Any:
        for reader in readers[:-1]:
            with suppress(Unreadable):
                return reader(value)
        return readers[-1](value)

    return read


NUMBER_STEPS: Mapping[str, Make] = {
    "flag": plain("flag", Kind.RAW, Kind.FLAG, lambda value, _: flag_of(value)),
    "money": _money,
    "sum": _sum,
    "time": _time,
    "whole": plain("whole", Kind.WHOLE, Kind.WHOLE, lambda number, _: number),
}
