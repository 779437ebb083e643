"""Drafts and reasons as JSON text: how they are kept, and how they come back.

Stores select JSON columns as text, so that a document goes from bytes to its class in one step.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import JSON, Cast, Column, Text, cast, literal
from sqlalchemy.sql.elements import Label

from ingest.domain.draft import Draft
from ingest.domain.validation import Reason

_DRAFT = TypeAdapter(Draft)
_REASONS = TypeAdapter(tuple[Reason, ...])


def draft_json(draft: Draft) -> str:
    return _DRAFT.dump_json(draft).decode()


def read_draft(text: bytes | str) -> Draft:
    """Read a draft strictly.

    Raises:
        pydantic.ValidationError: a field is unknown, or not of its type.
    """
    return _DRAFT.validate_json(text)


def reasons_json(reasons: Sequence[Reason]) -> str:
    return _REASONS.dump_json(tuple(reasons)).decode()


def read_reasons(text: str) -> tuple[Reason, ...]:
    return _REASONS.validate_json(text)


def as_text(column: "Column[object]") -> Label[str]:
    return cast(column, Text).label(column.name)


def as_json(text: str) -> Cast[object]:
    return cast(literal(text, Text), JSON)
