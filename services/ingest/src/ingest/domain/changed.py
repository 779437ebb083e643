"""Which fields a correction changed, by name alone: their values may be a person's."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from ingest.domain.draft import Draft


def changed_fields(before: Draft, after: Draft) -> list[str]:
    """Return the fields that differ, as `customer.phone`; a list counts as one field."""
    return list(_changed(before, after, ""))


def _changed(before: Any, after: Any, within: str) -> Iterator[str]:
    for field in fields(before):
        name, old, new = field.name, getattr(before, field.name), getattr(after, field.name)
        if is_dataclass(old) and is_dataclass(new):
            yield from _changed(old, new, f"{within}{name}.")
        elif old != new:
            yield f"{within}{name}"
