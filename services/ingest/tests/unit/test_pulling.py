"""Windows, hours and pauses: nothing is passed over, whatever the times."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.pulling import (
    LAST_PAUSE,
    OVERLAP,
    begin_of,
    due_windows,
    next_try,
    plain_windows,
    windows,
)
from ingest.gateways.reading import next_from_the_back

MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - the zone comes below
    datetime(2030, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=3))
LENGTHS = st.timedeltas(timedelta(minutes=5), timedelta(days=7))


@given(MOMENTS, SPANS, LENGTHS)
def test_windows_cover_the_overlap_and_what_is_new_without_a_gap(
    position: datetime, span: timedelta, longest: timedelta
) -> None:
    found = list(windows(position, position + span, longest))
    assert found[0].since == position - OVERLAP
    assert found[-1].until == position + span
    assert all(one.until - one.since <= longest for one in found)
    assert all(before.until == after.since for before, after in itertools.pairwise(found))
    assert all(one.again == (one.until <= position) for one in found)


@given(MOMENTS, SPANS)
def test_nothing_is_read_before_there_is_anything_new(position: datetime, span: timedelta) -> None:
    assert list(windows(position, position, timedelta(hours=1))) == []
    assert list(windows(position, position - span, timedelta(hours=1))) == []


@given(MOMENTS, SPANS, LENGTHS)
def test_a_poll_that_ends_anywhere_goes_on_there(
    position: datetime, span: timedelta, longest: timedelta
) -> None:
    """Whatever window was the last one done, the rest covers the rest."""
    end = position + span
    for done in windows(position, end, longest):
        if done.again or done.until == end:
            continue
        rest = [one for one in windows(done.until, end, longest) if not one.again]
        assert rest[0].since == done.until
        assert rest[-1].until == end


@given(MOMENTS, SPANS, LENGTHS)
def test_a_span_is_read_once(since: datetime, span: timedelta, longest: timedelta) -> None:
    found = list(plain_windows(since, since + span, longest))
    assert sum((one.until - one.since for one in found), timedelta(0)) == span
    assert not any(one.again for one in found)


@given(MOMENTS, st.integers(0, 80), st.sampled_from([30, 900, 3600]))
def test_every_hour_is_checked_once_and_only_when_its_time_has_come(
    position: datetime, hours: int, delay_seconds: int
) -> None:
    hour, delay = timedelta(hours=1), timedelta(seconds=delay_seconds)
    now = position + hours * hour
    found = list(due_windows(position, now, hour, delay))
    assert all(one.since >= position for one in found)
    assert all(one.since.minute == one.since.second == 0 for one in found)
    assert all(one.until + delay <= now for one in found)
    assert all(before.until == after.since for before, after in itertools.pairwise(found))
    first = begin_of(position + hour - timedelta(microseconds=1), hour)
    following = found[-1].until if found else first
    assert following + hour + delay > now
    assert list(due_windows(following, now, hour, delay)) == []


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [next_try(tries).total_seconds() for tries in range(1, 13)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert next_try(10**9) == LAST_PAUSE


@pytest.mark.parametrize(
    ("total", "pages"),
    [(0, []), (1, []), (100, []), (101, ["2", "1"]), (350, ["4", "3", "2", "1"])],
)
def test_pages_are_read_from_the_last_to_the_first(total: int, pages: list[str]) -> None:
    found = []
    page = next_from_the_back(total, 100, None)
    while page is not None:
        found.append(page)
        page = next_from_the_back(total, 100, page)
    assert found == pages
