"""What makes a version of an order another one, and whom it hides."""

from dataclasses import replace

import pytest

from ingest.domain.draft import Draft, DraftAddress, DraftCustomer
from ingest.domain.versions import hides, seen_of

CLEAR = Draft(customer=DraftCustomer(name="Anna", phone="+8613800138000"))
MASKED = Draft(customer=DraftCustomer(name="A**", phone="138****8000"))
SEALED = Draft(customer=DraftCustomer(name="A**", receiver_token="oaid-1"))
SEALED_ELSEWHERE = Draft(customer=DraftCustomer(name="B**", receiver_token="oaid-2"))


@pytest.mark.parametrize(
    ("now", "before", "hidden"),
    [
        (MASKED, CLEAR, True),
        (SEALED, CLEAR, True),
        (MASKED, MASKED, True),
        (CLEAR, MASKED, False),
        (CLEAR, CLEAR, False),
        (SEALED_ELSEWHERE, SEALED, False),
    ],
)
def test_a_channel_hides_whom_it_told_of_before(now: Draft, before: Draft, hidden: bool) -> None:  # noqa: FBT001 - a table
    assert hides(now, before) is hidden


def test_another_receiver_is_seen_and_what_is_not_told_is_no_difference() -> None:
    assert seen_of(SEALED).receiver != seen_of(SEALED_ELSEWHERE).receiver
    assert seen_of(CLEAR) == seen_of(replace(CLEAR, address=DraftAddress(city=None)))
    assert seen_of(CLEAR) != seen_of(replace(CLEAR, address=DraftAddress(city="Hangzhou")))
