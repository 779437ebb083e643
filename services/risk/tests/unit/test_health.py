"""When a candidate does so badly that it is taken back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.health import DRIFT_ORDERS_MIN, ORDERS_MIN, Figures, trouble

WELL = Figures(orders=1_000, p95_seconds=0.001, unanswered=0, held=50, rejected=10)


def test_one_that_does_as_the_other_may_stay() -> None:
    assert trouble(WELL, WELL, ()) is None
    assert trouble(Figures(), WELL, ()) is None


def test_one_whose_own_breaker_opened_goes_at_once() -> None:
    why = trouble(Figures(), WELL, {"slow", "bureau"})
    assert why == "the breaker of bureau, slow opened"


def test_a_few_orders_tell_nothing() -> None:
    dragging = Figures(orders=ORDERS_MIN - 1, p95_seconds=1.2, unanswered=9, held=9)
    assert trouble(dragging, WELL, ()) is None
    assert trouble(replace(dragging, orders=ORDERS_MIN), WELL, ()) is not None


@pytest.mark.parametrize(
    ("candidate", "stable", "goes"),
    [
        pytest.param(0.001, 0.001, False, id="as fast"),
        pytest.param(0.005, 0.001, False, id="slower by less than the floor"),
        pytest.param(0.006_1, 0.001, True, id="slower by more than the floor"),
        pytest.param(0.028, 0.02, False, id="slower by less than half"),
        pytest.param(0.031, 0.02, True, id="slower by more than half"),
        pytest.param(1.2, 0.02, True, id="1.2 s"),
        pytest.param(0.001, 1.2, False, id="faster"),
    ],
)
def test_one_that_is_much_slower_goes(candidate: float, stable: float, *, goes: bool) -> None:
    why = trouble(replace(WELL, p95_seconds=candidate), replace(WELL, p95_seconds=stable), ())
    assert (why is not None) is goes
    assert why is None or f"{candidate * 1000:.1f} ms (p95)" in why


@pytest.mark.parametrize(
    ("unanswered", "orders", "goes"),
    [
        pytest.param(2, 40, False, id="too few to tell"),
        pytest.param(3, 40, True, id="one in thirteen"),
        pytest.param(50, 1_000, False, id="one in twenty"),
        pytest.param(51, 1_000, True, id="more than one in twenty"),
    ],
)
def test_one_that_often_decides_without_a_check_goes(
    unanswered: int, orders: int, *, goes: bool
) -> None:
    candidate = Figures(orders=orders, unanswered=unanswered)
    assert (trouble(candidate, Figures(orders=1_000), ()) is not None) is goes


def test_what_the_stable_rule_set_lacks_as_well_is_not_held_against_the_candidate() -> None:
    lacking = replace(WELL, unanswered=900)
    assert trouble(lacking, lacking, ()) is None


@pytest.mark.parametrize(
    ("candidate", "goes"),
    [
        pytest.param(Figures(orders=1_000, held=160), False, id="ten in a hundred more"),
        pytest.param(Figures(orders=1_000, held=100, rejected=61), True, id="more than that"),
        pytest.param(Figures(orders=DRIFT_ORDERS_MIN - 1, held=49), False, id="too few"),
        pytest.param(Figures(orders=DRIFT_ORDERS_MIN, held=50), True, id="every one"),
    ],
)
def test_one_that_stops_other_orders_goes(candidate: Figures, *, goes: bool) -> None:
    stable = Figures(orders=1_000, held=50, rejected=10)
    assert (trouble(candidate, stable, ()) is not None) is goes


def test_a_difference_that_may_well_be_chance_is_none() -> None:
    stable = Figures(orders=1_000, held=200)
    assert trouble(Figures(orders=50, held=16), stable, ()) is None
    assert trouble(Figures(orders=1_000, held=320), stable, ()) is not None


def test_one_that_lets_everything_through_goes_as_well() -> None:
    strict = Figures(orders=1_000, held=150, rejected=50)
    why = trouble(Figures(orders=1_000), strict, ())
    assert why == "0.0% of the orders are held or rejected, with the stable rule set 20.0%"


counts = st.integers(0, 5_000)


@st.composite
def figures(draw: st.DrawFn) -> Figures:
    orders = draw(counts)
    held = draw(st.integers(0, orders))
    return Figures(
        orders=orders,
        p95_seconds=draw(st.floats(0, 2)),
        unanswered=draw(st.integers(0, orders)),
        held=held,
        rejected=draw(st.integers(0, orders - held)),
    )


@given(figures(), figures())
def test_it_can_always_be_said_and_never_of_one_that_is_the_same(
    candidate: Figures, stable: Figures
) -> None:
    why = trouble(candidate, stable, ())
    assert why is None or why
    assert trouble(candidate, candidate, ()) is None
