"""The final accounting: from what was planned and what is known to what is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from demo.facts import Facts, Track
from demo.story import DIFFERENCES, PLACES, Change, Ending, Money

FIRST_ANSWERS = {Ending.QUARANTINED: "quarantined", Ending.REFUSED: "refused"}
_BY_PLACE = {place: ending for ending, place in PLACES.items() if place.verdict}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One order that is not as it must be."""

    channel: str
    number: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.channel} {self.number}: {self.found}; expected: {self.expected}."


def ending_of(track: Track) -> Ending | None:
    """Return where the services say the order is; None where they do not agree or do not know."""
    if track.answers["refused"]:
        return Ending.REFUSED
    if track.answers["quarantined"] and not track.is_released:
        return Ending.QUARANTINED
    return _BY_PLACE.get(track.place)


def wrongs(facts: Facts) -> list[Wrong]:
    """Return everything that is wrong with any order, its money included."""
    return [
        wrong for track in facts.tracks for wrong in (*wrong_so_far(track), *_wrong_money(track))
    ]


def wrong_so_far(track: Track) -> Iterator[Wrong]:
    """Yield what is wrong before any statement is read; nothing: the order is where it must be."""
    found, expected = ending_of(track), track.ending
    if found is not expected:
        yield _wrong(track, found or _told(track), expected)
    answers = _answers_expected(track)
    if track.answers != answers:
        yield _wrong(track, f"ingest answered {_counted(track.answers)}", _counted(answers))
    if track.planned.story.reason not in (None, *track.reasons):
        reasons = ", ".join(track.reasons) or "none"
        yield _wrong(track, f"reasons {reasons}", str(track.planned.story.reason))
    if found is expected and track.verdicts != track.planned.story.verdicts:
        yield _wrong(track, f"verdicts {track.verdicts}", str(track.planned.story.verdicts))
    if (found is Ending.HANDED_OVER) != (track.tracking_no is not None):
        yield _wrong(track, f"tracking number {track.tracking_no}", "only with the handover")


def _wrong_money(track: Track) -> Iterator[Wrong]:
    story, payable = track.planned.story, track.planned.sale.payable_minor
    if story.is_let_in and track.payable_minor != payable:
        yield _wrong(track, f"payable {track.payable_minor}", str(payable))
    kind = DIFFERENCES.get(story.money)
    expected = {kind} if kind else set()
    if track.differences != expected:
        yield _wrong(track, f"differences {_listed(track.differences)}", _listed(expected))
    on_statement = story.is_let_in and story.money not in (Money.NOTHING, Money.MISSING)
    if track.is_matched != on_statement:
        yield _wrong(track, f"matched: {track.is_matched}", str(on_statement))


def _answers_expected(track: Track) -> Counter[str]:
    """Exactly one message of an order is the first; which one does not matter."""
    is_bad = track.planned.story.change is Change.CORRECTED
    first = "quarantined" if is_bad else FIRST_ANSWERS.get(track.ending, "accepted")
    expected = Counter({first: 1})
    if track.planned.repeats:
        expected["duplicate"] = len(track.planned.repeats)
    return expected


def _wrong(track: Track, found: str, expected: str) -> Wrong:
    return Wrong(track.channel, track.number, found, expected)


def _told(track: Track) -> str:
    names = ("risk", "fulfillment", "reconciliation")
    return ", ".join(
        f"{name} says {told or 'nothing'}" for name, told in zip(names, track.place, strict=True)
    )


def _counted(answers: Counter[str]) -> str:
    return " + ".join(f"{count} {answer}" for answer, count in sorted(answers.items())) or "nothing"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure that must add up."""

    what: str
    found: int
    expected: int

    @property
    def is_right(self) -> bool:
        return self.found == self.expected


def message_sums(facts: Facts) -> list[Sum]:
    """Return the sum of all answers against the messages sent."""
    planned = sum(1 + len(track.planned.repeats) for track in facts.tracks)
    changes = (Change.PAID, Change.CANCELLED)
    updates = sum(track.planned.story.change in changes for track in facts.tracks)
    messages = facts.messages
    return [
        Sum("messages answered", messages.total(), planned + updates),
        Sum("messages that updated an order", messages["updated"], updates),
    ]
