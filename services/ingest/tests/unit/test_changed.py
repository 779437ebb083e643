"""A correction is told by the names of the fields it changed."""

from dataclasses import replace

from ingest.domain.changed import changed_fields
from ingest.domain.draft import Draft, DraftCustomer, DraftLine

DRAFT = Draft(shop="one", customer=DraftCustomer(name="Anna", phone="123"))


def test_only_what_differs_is_named_and_never_its_value() -> None:
    changed = replace(
        DRAFT,
        memo="ring twice",
        customer=replace(DRAFT.customer, phone="456"),
        lines=(DraftLine(sku="A"),),
    )
    assert changed_fields(DRAFT, changed) == ["customer.phone", "lines", "memo"]


def test_a_correction_that_changes_nothing_names_nothing() -> None:
    assert changed_fields(DRAFT, replace(DRAFT)) == []
