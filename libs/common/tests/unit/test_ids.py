"""Identifiers: ordered by the time they were made, and bounded by it."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from common.clock import utc_now
from common.ids import first_id_at, new_id

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants them so
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - see above
    timezones=st.just(UTC),
)


def test_ids_are_in_the_order_in_which_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert sorted(ids) == ids
    assert {identifier.version for identifier in ids} == {7}


def test_an_id_lies_between_the_bounds_of_its_moment() -> None:
    before = utc_now()
    identifier = new_id()
    after = utc_now() + timedelta(milliseconds=1)
    assert first_id_at(before) < identifier < first_id_at(after)


@given(moments)
@example(datetime(2038, 2, 1, 0, 0, 0, 15_000, tzinfo=UTC))
def test_the_first_id_of_a_moment_was_made_in_its_millisecond(moment: datetime) -> None:
    milliseconds = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    made = timedelta(milliseconds=first_id_at(moment).int >> 80)
    assert datetime(1970, 1, 1, tzinfo=UTC) + made == milliseconds


@given(moments, moments)
def test_the_first_ids_of_moments_are_ordered_like_the_moments(
    one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    assert first_id_at(earlier) <= first_id_at(later)
