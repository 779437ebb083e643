"""When to ask a channel for what: windows, hours and pauses. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LAST_PAUSE = timedelta(hours=1)
OVERLAP = timedelta(minutes=10)
"""A list may tell of a change late: the last minutes are read a second time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that one list covers."""

    since: datetime
    until: datetime
    again: bool = False
    """Whether it was read before: then only orders that are not here count."""


def windows(
    position: datetime, end: datetime, longest: timedelta, overlap: timedelta = OVERLAP
) -> Iterator[Window]:
    """Cut what is to be read into windows: first the overlap again, then what is new, in order."""
    if end <= position:
        return
    yield from _cut(position - overlap, position, longest, again=True)
    yield from _cut(position, end, longest, again=False)


def plain_windows(since: datetime, until: datetime, longest: timedelta) -> Iterator[Window]:
    """Cut a span that was asked for by hand."""
    yield from _cut(since, until, longest, again=False)


def _cut(since: datetime, until: datetime, longest: timedelta, *, again: bool) -> Iterator[Window]:
    while since < until:
        end = min(since + longest, until)
        yield Window(since, end, again)
        since = end


def next_try(tries: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, up to an hour."""
    doublings = max(0, min(tries - 1, 20))
    pause: timedelta = FIRST_PAUSE * 2**doublings
    return min(pause, LAST_PAUSE)


def begin_of(moment: datetime, length: timedelta) -> datetime:
    """Return the beginning of the window that a moment is in; hours begin at full hours, UTC."""
    return _EPOCH + (moment - _EPOCH) // length * length


def due_windows(
    position: datetime, now: datetime, length: timedelta, delay: timedelta
) -> Iterator[Window]:
    """Return the windows since `position` that ended so long ago that nothing is under way."""
    begin = begin_of(position, length)
    if begin < position:
        begin += length
    while begin + length + delay <= now:
        yield Window(begin, begin + length)
        begin += length
