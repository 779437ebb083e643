"""What the performance gate lets through, and whom it blames."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from risk.domain.gate import (
    FAILED_SHARE_MAX,
    INLINE_BUDGET_SECONDS,
    RATIO_FLOOR_SECONDS,
    RATIO_MAX,
    CheckTimes,
    Times,
    Verdict,
    verdict,
)
from risk.domain.percentile import percentile

INLINE = CheckTimes(
    check="amount",
    fingerprint="a",
    inline=True,
    p50_seconds=0.000_001,
    p95_seconds=0.000_002,
    calls=500,
    failed=0,
    budget_seconds=0.005,
)
SLOW = replace(
    INLINE, check="bureau", fingerprint="b", inline=False, p95_seconds=0.004, budget_seconds=0.02
)
STABLE = Times(inline_p95_seconds=0.000_020, checks=(INLINE,))


def times(*checks: CheckTimes, inline: float = 0.000_020) -> Times:
    return Times(inline_p95_seconds=inline, checks=checks)


def test_the_same_rule_set_again_passes() -> None:
    assert verdict(STABLE, STABLE) == Verdict(passed=True)


def test_a_check_of_1200_ms_is_refused_and_named() -> None:
    dragging = replace(SLOW, check="drag", p95_seconds=1.2, calls=20)
    found = verdict(times(INLINE, SLOW, dragging), STABLE)
    assert (found.passed, found.culprit) == (False, "drag")
    assert found.told == "drag takes 1,200 ms (p95 of 20 calls); its budget is 20 ms"


def test_a_check_no_order_waits_for_may_take_its_time() -> None:
    later = replace(SLOW, p95_seconds=1.2, budget_seconds=0)
    assert verdict(times(INLINE, later), STABLE) == Verdict(passed=True)
    assert times(INLINE, later).p95_seconds == STABLE.p95_seconds


def test_of_several_checks_over_budget_the_slowest_is_named() -> None:
    slow, slower = replace(SLOW, p95_seconds=0.03), replace(SLOW, check="x", p95_seconds=0.04)
    assert verdict(times(slow, slower), STABLE).culprit == "x"


def test_an_expression_over_its_budget_is_refused() -> None:
    found = verdict(times(replace(INLINE, p95_seconds=0.006), inline=0.001), STABLE)
    assert (found.passed, found.culprit) == (False, "amount")


def test_a_check_that_often_fails_is_refused_even_if_nobody_waits_for_it() -> None:
    often = replace(SLOW, calls=20, failed=5, budget_seconds=0)
    found = verdict(times(INLINE, often), STABLE)
    assert (found.culprit, found.told) == ("bureau", "bureau failed in 5 of 20 calls")
    seldom = replace(often, failed=int(20 * FAILED_SHARE_MAX))
    assert verdict(times(INLINE, seldom), STABLE).passed
    assert replace(often, calls=0, failed=0).failed_share == 0


def test_all_expressions_together_have_a_budget_and_the_one_that_grew_most_is_named() -> None:
    grown = replace(INLINE, check="grown", p95_seconds=0.002)
    before = replace(INLINE, check="large", p95_seconds=0.003)
    stable = times(before, inline=0.0049)
    found = verdict(times(before, grown, inline=INLINE_BUDGET_SECONDS * 1.01), stable)
    assert (found.passed, found.culprit) == (False, "grown")
    assert "their budget is 5 ms" in found.told


def test_expressions_that_are_slower_by_more_than_a_fifth_are_refused() -> None:
    stable = times(INLINE, inline=0.001)
    assert verdict(times(INLINE, inline=0.001 * RATIO_MAX * 0.999), stable).passed
    grown = replace(INLINE, check="grown", p95_seconds=0.000_2)
    found = verdict(times(INLINE, grown, inline=0.001 * RATIO_MAX * 1.001), stable)
    assert (found.passed, found.culprit) == (False, "grown")
    assert found.told.startswith("the expressions take 1.2 ms (p95), those of the stable")


def test_a_slow_check_that_is_slower_by_more_than_a_fifth_is_refused() -> None:
    before = replace(SLOW, p95_seconds=0.1, budget_seconds=0.5)
    limit = RATIO_MAX * before.p95_seconds
    assert verdict(times(replace(before, p95_seconds=limit * 0.999)), times(before)).passed
    found = verdict(times(replace(before, p95_seconds=limit * 1.001)), times(before))
    assert (found.passed, found.culprit) == (False, "bureau")
    assert "in the stable rule set 100 ms" in found.told


def test_a_slow_check_of_a_few_milliseconds_may_vary_by_as_many() -> None:
    assert verdict(times(replace(SLOW, p95_seconds=0.0089)), times(SLOW)).passed
    assert not verdict(times(replace(SLOW, p95_seconds=0.0091)), times(SLOW)).passed


def test_the_first_slow_check_of_a_rule_set_has_only_its_budget_to_keep() -> None:
    assert verdict(times(INLINE, SLOW), STABLE).passed


def test_a_regression_of_microseconds_is_none() -> None:
    stable = times(INLINE, inline=0.000_001)
    assert verdict(times(INLINE, inline=RATIO_FLOOR_SECONDS), stable).passed
    assert not verdict(times(INLINE, inline=RATIO_FLOOR_SECONDS * 1.01), stable).passed


def test_a_rule_set_without_checks_passes_beside_any() -> None:
    assert verdict(times(inline=0), STABLE).passed
    found = verdict(times(inline=1), STABLE)
    assert (found.passed, found.culprit) == (False, None)


seconds = st.floats(0, 0.1)
measured = st.builds(
    CheckTimes,
    check=st.sampled_from("abc"),
    fingerprint=st.just("f"),
    inline=st.booleans(),
    p50_seconds=st.just(0.0),
    p95_seconds=seconds,
    calls=st.integers(0, 20),
    failed=st.just(0),
    budget_seconds=st.sampled_from([0.0, 0.02, 0.05]),
)
rule_sets = st.builds(
    Times, inline_p95_seconds=st.floats(0, 0.01), checks=st.lists(measured, max_size=4)
)


@given(rule_sets, rule_sets)
def test_whoever_is_refused_is_told_why_and_whoever_passes_kept_every_budget(
    candidate: Times, stable: Times
) -> None:
    found = verdict(candidate, stable)
    if found.passed:
        assert found.culprit is None
        assert candidate.inline_p95_seconds <= INLINE_BUDGET_SECONDS
        assert all(c.p95_seconds <= c.budget_seconds for c in candidate.checks if c.waited_for)
    else:
        assert found.told
        assert found.culprit is None or found.culprit in {c.check for c in candidate.checks}


@given(st.lists(seconds, min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_the_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.95) == 0
