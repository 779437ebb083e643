"""The fields of an order one by one, by their dotted names."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from common.money import MINOR_MAX
from ingest.domain.draft import Draft


def leaves(draft: Draft) -> dict[str, Any]:
    """Return what the order has, such as `lines.0.sku`; rows are counted from 0."""
    return dict(_leaves(asdict(draft), ""))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{name}.{number}")
    else:
        yield name, value


def exact(value: Any) -> Any:
    """Return a value that every reader of JSON reads exactly: a very large number as a text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= MINOR_MAX:
        return str(value)
    return value


def as_text(value: Any) -> str | None:
    """Return a value as a person reads it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
