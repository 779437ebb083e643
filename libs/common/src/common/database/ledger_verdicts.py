"""What follows from an answer for one event: ask once more, emit it again, and when. Pure.

An event that is missing once may be in the hands of a neighbour of the worker that answered, so it
is asked about a second time before it is emitted again. After that the question comes back with
growing pauses for as long as the event is kept; nothing is ever given up.
"""

from dataclasses import dataclass
from datetime import timedelta

DOUBT = timedelta(seconds=5)
PATIENCE = timedelta(seconds=30)
PATIENCE_MAX = timedelta(minutes=10)
ASIDE = timedelta(minutes=1)
BEFORE_EMITTING = 2
"""So many answers in a row have to miss an event before it is emitted again."""
LOST_MISSES = BEFORE_EMITTING + 3
"""Emitted again three times, and missing still: somebody has to look."""


@dataclass(frozen=True, slots=True)
class Verdict:
    misses: int
    """Answers that missed it."""
    emit: bool
    wait: timedelta
    """When to ask about it again."""


def missing(misses_before: int, *, certain: bool) -> Verdict:
    """Judge an event that its reader has not taken up, though it read what came after it.

    It is certain where the reader itself says that it lost a queue: no neighbour holds it.
    """
    misses = max(misses_before + 1, BEFORE_EMITTING if certain else 0)
    times = misses - BEFORE_EMITTING
    if times < 0:
        return Verdict(misses, emit=False, wait=DOUBT)
    return Verdict(misses, emit=True, wait=min(PATIENCE * 2 ** min(times, 10), PATIENCE_MAX))


def unpublished(misses_before: int) -> Verdict:
    """Judge an event that waits in the outbox: it is missing for another reason."""
    return Verdict(misses_before, emit=False, wait=DOUBT)


def aside() -> Verdict:
    """Judge an event on the ladder, parked, or in the backlog: it may still get lost there."""
    return Verdict(0, emit=False, wait=ASIDE)
