"""What stays wrong with a quarantined order that a person corrects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from ingest_material.drafts import NOW, a_draft, a_line, any_drafts

from ingest.domain.correcting import Drafts, still_wrong
from ingest.domain.draft import Draft
from ingest.domain.validation import CLOCK_AHEAD_MAX, Reason, checked

HELD = Reason("held_by_channel", "state", "The channel keeps it back: locked.")
SHIPPED = Reason("already_shipped", "orderState", "The channel says that it was shipped.")
MEMO = Reason("unreadable_field", "memo", "Is no text.")
QUANTITY = Reason("unreadable_field", "lines.0.quantity", "Is no whole number.")
WHOLE = Reason("unreadable_payload", "body", "Is no JSON.")


def after(
    told: Sequence[Reason], before: Draft, corrected: Draft, later: timedelta = timedelta()
) -> list[tuple[str, str]]:
    """Return what is still wrong after a correction, where the message showed `told` as well."""
    first, found = checked(before, NOW)[1], checked(corrected, NOW + later)[1]
    left = still_wrong([*told, *first], first, found, Drafts(before, corrected))
    return [(reason.code, reason.field) for reason in left]


def test_what_the_channel_says_stands_whatever_is_corrected() -> None:
    before = a_draft(customer__phone=None)
    assert after([HELD, SHIPPED], before, a_draft()) == [
        ("held_by_channel", "state"),
        ("already_shipped", "orderState"),
    ]


@pytest.mark.parametrize(
    ("told", "before", "corrected", "stands"),
    [
        (MEMO, a_draft(), a_draft(memo="ring twice"), False),
        (MEMO, a_draft(), a_draft(customer__name="李四"), True),
        (QUANTITY, a_draft(lines=(a_line(quantity=None),)), a_draft(), False),
        (QUANTITY, a_draft(lines=(a_line(quantity=None),)), a_draft(lines=()), False),
        (WHOLE, Draft(), Draft(), True),
        (WHOLE, Draft(), a_draft(), False),
    ],
)
def test_what_could_not_be_read_stands_until_its_field_is_corrected(
    told: Reason, before: Draft, corrected: Draft, *, stands: bool
) -> None:
    assert ((told.code, told.field) in after([told], before, corrected)) is stands


def test_of_one_field_only_that_is_told_which_the_message_shows() -> None:
    before = a_draft(lines=(a_line(quantity=None),))
    left = after([QUANTITY], before, replace(before, memo="x"))
    assert [code for code, field in left if field == QUANTITY.field] == ["unreadable_field"]


def test_what_only_time_put_right_does_not_stand() -> None:
    early = a_draft(placed_at=NOW + CLOCK_AHEAD_MAX + timedelta(hours=1))
    assert after([], early, replace(early, memo="x"), timedelta(hours=2)) == []


@given(any_drafts(), any_drafts())
def test_without_a_word_of_the_message_that_is_wrong_which_is_found(
    before: Draft, corrected: Draft
) -> None:
    found = [(reason.code, reason.field) for reason in checked(corrected, NOW)[1]]
    assert after([], before, corrected) == found
