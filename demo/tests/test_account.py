"""The final accounting lets nothing pass: every wrong ending is told, and nothing else."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from demo.account import message_sums, wrong_so_far, wrongs
from demo.facts import Facts, Track, quantile
from demo.finance import money_sums, note_differences
from demo.scenario import build
from demo.shelves import Level, stock_sums
from demo.story import DIFFERENCES, PLACES, Change, Ending, Money, Place

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def as_it_must_be() -> Facts:
    facts = Facts.of(build(100, "12345678", NOW))
    for number, track in enumerate(facts.tracks):
        fulfil(facts, track, f"id-{number}")
    return facts


def fulfil(facts: Facts, track: Track, order_id: str) -> None:
    story = track.planned.story
    place = PLACES[story.ending]
    facts.identify(track, order_id)
    is_corrected = story.change is Change.CORRECTED
    first = {Ending.QUARANTINED: "quarantined", Ending.REFUSED: "refused"}
    answer = "quarantined" if is_corrected else first.get(story.ending, "accepted")
    track.answers[answer] += 1
    if track.planned.repeats:
        track.answers["duplicate"] += len(track.planned.repeats)
    track.is_released = is_corrected
    track.reasons = (story.reason,) if story.reason else ()
    track.verdicts = story.verdicts
    track.state, track.booked = place.state, place.booked
    track.tracking_no = "SL1" if story.ending is Ending.HANDED_OVER else None
    track.payable_minor = track.planned.sale.payable_minor if story.is_let_in else None
    track.is_matched = story.is_let_in and story.money not in (Money.NOTHING, Money.MISSING)
    track.differences = {DIFFERENCES[story.money]} if story.money in DIFFERENCES else set()
    if story.change in (Change.PAID, Change.CANCELLED):
        facts.updates["updated"] += 1


def ordinary(facts: Facts) -> Track:
    return next(t for t in facts.tracks if t.ending is Ending.HANDED_OVER and not t.reasons)


def test_nothing_is_wrong_where_all_is_as_planned() -> None:
    facts = as_it_must_be()
    assert wrongs(facts) == []
    assert all(one.is_right for one in message_sums(facts))


def lose(track: Track) -> None:
    track.state = None


def leave_in_the_warehouse(track: Track) -> None:
    track.state, track.booked, track.tracking_no = "packed", "allocated", None


def forget_the_tracking_number(track: Track) -> None:
    track.tracking_no = None


def let_in_twice(track: Track) -> None:
    track.answers["accepted"] += 1


def change_the_amount(track: Track) -> None:
    track.payable_minor = 1


def lose_the_money(track: Track) -> None:
    track.is_matched = False


def find_a_difference(track: Track) -> None:
    track.differences.add("short")


def hold(track: Track) -> None:
    track.verdicts = ("held",)


@pytest.mark.parametrize(
    "spoil",
    [
        lose,
        leave_in_the_warehouse,
        forget_the_tracking_number,
        let_in_twice,
        change_the_amount,
        lose_the_money,
        find_a_difference,
        hold,
    ],
)
def test_one_order_that_went_wrong_is_told(spoil: Callable[[Track], None]) -> None:
    facts = as_it_must_be()
    track = ordinary(facts)
    spoil(track)
    assert {(w.channel, w.number) for w in wrongs(facts)} == {(track.channel, track.number)}


@pytest.mark.parametrize("ending", [e for e in Ending if PLACES[e] != Place()])
@pytest.mark.parametrize("found", [e for e in Ending if PLACES[e] != Place()])
def test_each_ending_is_told_from_each_other(ending: Ending, found: Ending) -> None:
    facts = as_it_must_be()
    track = next(t for t in facts.tracks if t.ending is ending)
    place = PLACES[found]
    track.verdicts = (*track.verdicts[:-1], str(place.verdict))
    track.state, track.booked = place.state, place.booked
    track.tracking_no = "SL1" if found is Ending.HANDED_OVER else None
    assert any(wrong_so_far(track)) == (ending is not found)


def test_an_order_nobody_answered_for_is_wrong_and_so_is_the_sum_of_messages() -> None:
    facts = Facts.of(build(60, "12345678", NOW))
    assert {w.number for w in wrongs(facts)} == {t.number for t in facts.tracks}
    assert not message_sums(facts)[0].is_right


def test_figures_of_before_do_not_count() -> None:
    key = ("CNY", "payable_minor")
    assert money_sums({key: 100}, {key: 150}, Counter({key: 50}))[0].is_right
    assert not money_sums({key: 100}, {key: 150}, Counter({key: 51}))[0].is_right
    strange = money_sums({key: 100}, {key: 100, ("EUR", "orders"): 1}, Counter())
    assert [one.what for one in strange if not one.is_right] == ["EUR orders"]


def test_stock_that_left_for_no_order_is_found() -> None:
    shelf = ("HZ", "SKU-0001")
    assert stock_sums({shelf: Level(9, 0)}, {shelf: Level(9, 0)}, []) == []
    wrong = stock_sums({shelf: Level(9, 0)}, {shelf: Level(8, 1)}, [])
    assert [(one.found, one.expected) for one in wrong] == [(1, 0), (1, 0)]


def test_differences_of_other_runs_are_left_out_and_strangers_of_this_one_are_a_problem() -> None:
    facts = as_it_must_be()
    track = ordinary(facts)
    own = {"order_id": track.order_id, "statement_id": None, "reference": "x", "kind": "short"}
    other = {"order_id": "elsewhere", "statement_id": None, "reference": "y", "kind": "short"}
    line = {
        "order_id": None,
        "statement_id": "s",
        "reference": "z",
        "kind": "unknown",
        "line_no": 2,
    }
    assert note_differences(facts, "s", [own, other, line]) == [own, line]
    assert track.differences == {"short"}
    assert len(facts.problems) == 1


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 5), (0.95, 10), (1.0, 10), (0.01, 1), (0.1, 1), (0.11, 2)]
)
def test_a_quantile_is_the_smallest_value_so_many_do_not_exceed(
    share: float, expected: int
) -> None:
    assert quantile(range(10, 0, -1), share) == expected
