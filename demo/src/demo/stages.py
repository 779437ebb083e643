"""How many orders are at which stage: the rows of the live table."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from demo.account import wrong_so_far
from demo.facts import Facts, Track, quantile
from demo.story import PLACES


@dataclass(frozen=True, slots=True)
class Stage:
    service: str
    name: str
    counts: Counter[str]
    """By channel."""


_AFTER_APPROVAL = frozenset(
    place.state for place in PLACES.values() if place.verdict == "approved"
) - {"cancelled"}

Count = Callable[[Track], int]


def _answered(status: str) -> Count:
    return lambda track: track.answers[status]


def _approved(track: Track) -> int:
    """Count by what followed, too: it is seen before risk is asked."""
    return int(track.verdicts[-1:] == ("approved",) or track.state in _AFTER_APPROVAL)


def _rejected(track: Track) -> int:
    return int(track.verdicts[-1:] == ("rejected",))


def _is(state: str) -> Count:
    return lambda track: int(track.state == state)


def _cancelled(track: Track) -> int:
    """Count cancellations by customers; what risk rejects is cancelled as well."""
    return int(track.state == "cancelled" and track.verdicts[-1:] == ("approved",))


_STAGES: tuple[tuple[str, str, Count], ...] = (
    ("ingest", "messages received", lambda track: track.answers.total()),
    ("", "accepted", lambda track: track.answers["accepted"] + track.is_released),
    ("", "duplicate", _answered("duplicate")),
    ("", "quarantined", lambda track: track.answers["quarantined"] - track.is_released),
    ("", "refused", _answered("refused")),
    ("risk", "approved", _approved),
    ("", "held", _is("held")),
    ("", "rejected", _rejected),
    ("fulfillment", "awaiting payment", _is("awaiting_payment")),
    ("", "backordered", _is("backordered")),
    ("", "allocated", _is("allocated")),
    ("", "picking", _is("picking")),
    ("", "packed", _is("packed")),
    ("", "handed over", _is("handed_over")),
    ("", "cancelled", _cancelled),
    ("reconciliation", "booked", lambda track: int(track.booked is not None)),
    ("", "matched to the bank", lambda track: int(track.is_matched)),
)


def stages(facts: Facts) -> list[Stage]:
    return [Stage(service, name, _counts(facts.tracks, of)) for service, name, of in _STAGES]


def _counts(tracks: Iterable[Track], of: Count) -> Counter[str]:
    counts: Counter[str] = Counter()
    for track in tracks:
        counts[track.channel] += of(track)
    return counts


def in_place(facts: Facts) -> int:
    """Return how many orders are where they must end."""
    return sum(not any(wrong_so_far(track)) for track in facts.tracks)


def times(facts: Facts) -> str:
    """Tell how long it took from webhook to warehouse task, where nobody had to act between."""
    seconds = [
        taken
        for track in facts.tracks
        if track.planned.story.is_straight and (taken := track.seconds_to_task) is not None
    ]
    if not seconds:
        return "webhook → warehouse task: –"
    p50, p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    return (
        f"webhook → warehouse task: p50 {p50:.2f} s · p95 {p95:.2f} s · max {max(seconds):.2f} s "
        f"({len(seconds)} orders)"
    )
