"""The way of a rule set from published to stable, and which orders it decides on it."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from risk.domain.assessment import Arm
from risk.domain.release import STEPS, Release, Stage, Step, advance, arm_of, begin, current_step

OLD, NEW, OTHER = "0" * 64, "1" * 64, "2" * 64
STEADY = Release(stable=OLD)

order_ids = st.uuids()
percents = st.integers(0, 100)


def canary(percent: int, candidate: str = NEW) -> Release:
    return Release(stable=OLD, candidate=candidate, stage=Stage.CANARY, percent=percent)


def many(number: int) -> list[UUID]:
    """Return ids as they are made: by time, with 74 random bits."""
    bits = random.Random(7)
    start = new_id().int >> 80
    return [UUID(int=(start + n // 9) << 80 | bits.getrandbits(76)) for n in range(number)]


def test_a_candidate_goes_from_shadow_over_few_orders_to_all() -> None:
    release = begin(STEADY, NEW)
    way = []
    while release.candidate is not None:
        assert (release.stable, release.candidate) == (OLD, NEW)
        way.append((release.stage, release.percent))
        release = advance(release)
    assert way == [(Stage.SHADOW, 0), *((Stage.CANARY, percent) for percent in (1, 10, 50))]
    assert release == Release(stable=NEW)


def test_the_steps_ask_for_orders_and_have_names() -> None:
    assert [step.name for step in STEPS] == ["shadow", "canary 1 %", "canary 10 %", "canary 50 %"]
    assert all(step.orders_min > 0 for step in STEPS)
    assert [current_step(begin(STEADY, NEW, step)) for step in STEPS] == list(STEPS)


def test_with_nothing_on_its_way_there_is_no_step() -> None:
    assert current_step(STEADY) is None
    assert advance(STEADY) == STEADY


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_candidate_that_is_taken_out_leaves_what_is_stable(step: Step) -> None:
    assert begin(STEADY, NEW, step).steady() == STEADY


@given(order_ids, percents)
def test_an_order_always_takes_the_same_arm(order_id: UUID, percent: int) -> None:
    assert arm_of(order_id, canary(percent)) is arm_of(UUID(str(order_id)), canary(percent))


@given(order_ids)
def test_outside_a_canary_the_stable_rule_set_decides(order_id: UUID) -> None:
    assert arm_of(order_id, STEADY) is Arm.STABLE
    assert arm_of(order_id, begin(STEADY, NEW)) is Arm.STABLE
    assert arm_of(order_id, canary(0)) is Arm.STABLE
    assert arm_of(order_id, canary(100)) is Arm.CANARY


@given(order_ids, percents, percents)
def test_a_growing_canary_keeps_its_orders(order_id: UUID, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    if arm_of(order_id, canary(fewer)) is Arm.CANARY:
        assert arm_of(order_id, canary(more)) is Arm.CANARY


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_a_canary_decides_its_share_of_the_orders(percent: int) -> None:
    ids = many(100_000)
    release = canary(percent)
    share = sum(arm_of(each, release) is Arm.CANARY for each in ids) / len(ids)
    # Five standard errors of a share of 100,000.
    tolerance = 5 * (percent / 100 * (1 - percent / 100) / len(ids)) ** 0.5
    assert abs(share - percent / 100) < tolerance


def test_another_candidate_tries_itself_on_other_orders() -> None:
    ids = many(20_000)
    one = {i for i in ids if arm_of(i, canary(10)) is Arm.CANARY}
    other = {i for i in ids if arm_of(i, canary(10, OTHER)) is Arm.CANARY}
    assert abs(len(one & other) / len(ids) - 0.01) < 0.005
