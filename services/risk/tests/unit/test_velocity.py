"""Counting who ordered how often: the same as counting anew, however the orders are batched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import first_id_at, new_id
from risk.domain.velocity import (
    DAY,
    HOUR,
    NONE_SEEN,
    SUM_MAX,
    Cell,
    Counts,
    Tally,
    hour_begins,
    key_of,
    minute_of,
    minute_received,
)

NOW = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)
NOW_MINUTE = minute_of(NOW)

Order = tuple[Cell, int]

_CELLS = st.builds(
    Cell,
    st.integers(1, 3),
    st.sampled_from(["CNY", "USD"]),
    st.integers(NOW_MINUTE - DAY - 2 * HOUR, NOW_MINUTE)
    | st.integers(NOW_MINUTE - HOUR - 2, NOW_MINUTE - HOUR + 2)
    | st.integers(NOW_MINUTE - 3, NOW_MINUTE),
)
_ORDERS = st.lists(st.tuples(_CELLS, st.integers(0, 2**53)), max_size=30)


def recounted(earlier: Sequence[Order], cell: Cell) -> Counts:
    """Count anew by the words of the definition."""
    day = hour_begins(cell.minute - DAY)
    windows = [
        [
            (other.currency, amount)
            for other, amount in earlier
            if other.key == cell.key and first <= other.minute <= cell.minute
        ]
        for first in (cell.minute - 1, cell.minute - HOUR, day)
    ]
    sums = [min(sum(a for c, a in w if c == cell.currency), SUM_MAX) for w in windows]
    return Counts._make([*map(len, windows), *sums])


@given(_ORDERS)
def test_an_order_sees_all_orders_before_it_and_no_other(orders: list[Order]) -> None:
    tally = Tally()
    for place, (cell, amount) in enumerate(orders):
        assert tally.onto(NONE_SEEN, cell) == recounted(orders[:place], cell)
        tally.add(cell, amount)


@given(_ORDERS, st.sets(st.integers(0, 30)))
def test_how_orders_are_cut_into_batches_changes_nothing(
    orders: list[Order], cuts: set[int]
) -> None:
    stored = Tally()
    for start, end in pairwise(sorted({0, *cuts, len(orders)})):
        batch = Tally()
        for place in range(start, min(end, len(orders))):
            cell, amount = orders[place]
            seen = batch.onto(stored.onto(NONE_SEEN, cell), cell)
            assert seen == recounted(orders[:place], cell)
            batch.add(cell, amount)
        for place in range(start, min(end, len(orders))):
            stored.add(*orders[place])


@given(_ORDERS, _CELLS)
def test_minutes_made_one_hour_count_the_same_for_a_day(orders: list[Order], cell: Cell) -> None:
    over = hour_begins(cell.minute + 1)
    before, after = Tally(), Tally()
    for other, amount in orders:
        before.add(other, amount)
        merges = other.minute < over
        after.add(other._replace(minute=hour_begins(other.minute)) if merges else other, amount)
    plain, merged = before.onto(NONE_SEEN, cell), after.onto(NONE_SEEN, cell)
    assert (plain.orders_24h, plain.sum_minor_24h) == (merged.orders_24h, merged.sum_minor_24h)


@given(_ORDERS)
def test_cells_come_in_one_order_and_once_each(orders: list[Order]) -> None:
    tally = Tally()
    for cell, amount in orders:
        tally.add(cell, amount)
    cells = [cell for cell, _ in tally.sums()]
    assert cells == sorted({cell for cell, _ in orders})
    assert sum(counted.orders for _, counted in tally.sums()) == len(orders)


@pytest.mark.parametrize(
    ("name", "span"),
    [("1m", timedelta(minutes=1)), ("1h", timedelta(hours=1)), ("24h", timedelta(days=1))],
)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_window_is_never_shorter_than_its_name(name: str, span: timedelta, at: datetime) -> None:
    tally = Tally()
    tally.add(Cell(1, "CNY", minute_of(at - span)), 7)
    counts = tally.onto(NONE_SEEN, Cell(1, "CNY", minute_of(at)))._asdict()
    assert (counts[f"orders_{name}"], counts[f"sum_minor_{name}"]) == (1, 7)


def test_other_currencies_count_as_orders_and_not_as_money() -> None:
    tally = Tally()
    tally.add(Cell(1, "USD", NOW_MINUTE), 500)
    assert tally.onto(NONE_SEEN, Cell(1, "CNY", NOW_MINUTE)) == (1, 1, 1, 0, 0, 0)


def test_a_sum_stays_at_what_can_be_held() -> None:
    tally, cell = Tally(), Cell(1, "CNY", NOW_MINUTE)
    for _ in range(3):
        tally.add(cell, SUM_MAX - 1)
    assert tally.onto(NONE_SEEN, cell).sum_minor_1m == SUM_MAX
    assert tally.onto(tally.onto(NONE_SEEN, cell), cell).sum_minor_24h == SUM_MAX


def test_an_order_counts_at_the_minute_its_id_tells() -> None:
    received = NOW - timedelta(hours=3)
    assert minute_received(first_id_at(received), NOW) == minute_of(received)


def test_the_time_of_a_clock_that_is_ahead_is_now() -> None:
    assert minute_received(first_id_at(NOW + timedelta(hours=1)), NOW) == NOW_MINUTE
    assert minute_received(UUID("ffffffff-ffff-4fff-bfff-ffffffffffff"), NOW) == NOW_MINUTE


def test_keys_fit_the_database_and_tell_identities_apart() -> None:
    keys = [
        key_of("email", "a@example.com"),
        key_of("phone", "a@example.com"),
        key_of("shop", "a", "b|c"),
        key_of("shop", "a|b", "c"),
        key_of("shop", "ab", "c"),
        key_of("shop", str(new_id()), "\ud800"),
    ]
    assert len(set(keys)) == len(keys)
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert key_of("email", "a@example.com") == keys[0]
