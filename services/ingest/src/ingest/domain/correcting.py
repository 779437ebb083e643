"""What is still wrong with a quarantined order after a person corrected it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ingest.domain.draft import Draft
from ingest.domain.validation import Reason

WHOLE = "body"
"""The field of a reason that is about the whole message: none of it could be read."""
_NOWHERE = object()


def still_wrong(
    told: Sequence[Reason], first: Sequence[Reason], found: Sequence[Reason], drafts: "Drafts"
) -> list[Reason]:
    """Return what is wrong now: what was told and stands, and of other fields what was found.

    `told` is everything that was said of the order before, `first` what validation said of it when
    it came: the rest only the message shows, such as that the channel keeps it back. Of that,
    what a correction of its field did not answer stands. `found` is what validation says now.
    """
    known = {(reason.code, reason.field) for reason in first}
    standing = [
        reason
        for reason in told
        if (reason.code, reason.field) not in known and not drafts.differ_in(reason.field)
    ]
    fields = {reason.field for reason in standing}
    return [*standing, *(reason for reason in found if reason.field not in fields)]


class Drafts:
    """An order before and after a correction."""

    def __init__(self, before: Draft, after: Draft) -> None:
        self._before, self._after = asdict(before), asdict(after)

    def differ_in(self, field: str) -> bool:
        """Tell whether this field, such as `lines.0.sku`, was corrected; no order has some."""
        if field == WHOLE:
            return self._before != self._after
        return bool(_value_at(self._before, field) != _value_at(self._after, field))


def _value_at(document: Any, field: str) -> Any:
    """Return the value; what no order has, or a row that is gone, is nowhere."""
    for name in field.split("."):
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, tuple) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return _NOWHERE
    return document
