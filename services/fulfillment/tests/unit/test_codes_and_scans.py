"""Codes on paper, and what scanning them means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import new_id
from common.life_cycle import State
from fulfillment.domain.codes import parcel_code, scanned_task_code, task_code
from fulfillment.domain.scanning import (
    Blocked,
    Meaning,
    Next,
    OutOfOrder,
    PutBack,
    Repeated,
    ScanStep,
    meaning,
)


def test_task_and_parcel_codes_are_short_and_lead_to_the_task() -> None:
    codes = {task_code(new_id()) for _ in range(1_000)}
    assert len(codes) == 1_000
    for code in codes:
        assert len(code) == 12
        assert scanned_task_code(code) == code
        assert scanned_task_code(f" {parcel_code(code).lower()} ") == code


def test_letters_easily_misread_are_understood() -> None:
    assert scanned_task_code("tOIL00000000") == "T01100000000"


@given(st.text(max_size=14))
def test_any_text_is_a_code_or_none(text: str) -> None:
    found = scanned_task_code(text)
    assert found is None or scanned_task_code(found) == found


@pytest.mark.parametrize(
    ("state", "scanned", "expected"),
    [
        (State.ALLOCATED, ScanStep.PICKING, Next()),
        (State.ALLOCATED, ScanStep.PACKED, OutOfOrder(ScanStep.PICKING)),
        (State.PICKING, ScanStep.PICKING, Repeated()),
        (State.PICKING, ScanStep.HANDED_OVER, OutOfOrder(ScanStep.PACKED)),
        (State.PACKED, ScanStep.HANDED_OVER, Next()),
        (State.DELIVERED, ScanStep.HANDED_OVER, Repeated()),
    ],
)
def test_a_scan_means(state: State, scanned: ScanStep, expected: Meaning) -> None:
    assert meaning(state, scanned) == expected


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("scanned", ScanStep)
def test_what_belongs_to_an_ended_task_is_put_back_whatever_became_of_its_order(
    state: State, scanned: ScanStep
) -> None:
    assert meaning(state, scanned, ended=True, blocked=True) == PutBack()


@pytest.mark.parametrize(
    ("state", "scanned", "expected"),
    [
        (State.ALLOCATED, ScanStep.PICKING, Blocked()),
        (State.ALLOCATED, ScanStep.PACKED, OutOfOrder(ScanStep.PICKING)),
        (State.PICKING, ScanStep.PICKING, Repeated()),
        (State.PACKED, ScanStep.HANDED_OVER, Blocked()),
    ],
)
def test_of_a_blocked_order_only_what_is_done_can_be_scanned_again(
    state: State, scanned: ScanStep, expected: Meaning
) -> None:
    assert meaning(state, scanned, blocked=True) == expected
