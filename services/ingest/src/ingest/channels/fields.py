"""Reading fields of foreign JSON: wrong types are named, never guessed around."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from common.money import MINOR_MAX, minor_from_decimal
from ingest.channels.channel import Unreadable
from ingest.domain.draft import ROWS_MAX

DEVICE_LENGTH = 32
_DECIMAL = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,8})?")


def mapping(payload: Any, name: str) -> Mapping[str, Any]:
    """Return the object in this field; an absent or null one is empty."""
    value = payload.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is no object")
    return value


def rows(payload: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Return the objects in this field; an absent or null one is empty, a single one is a list."""
    value = payload.get(name)
    if value is None:
        return ()
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable(f"{name} is no list of objects")
    if len(found) > ROWS_MAX:
        raise Unreadable(f"{name} has more than {ROWS_MAX} rows")
    return found


def words(payload: Mapping[str, Any], name: str) -> str | None:
    """Return a text, stripped; a number as it is written; nothing for an empty one."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise Unreadable(f"{name} is no text")
    text = str(value).strip() if value is not None else ""
    return text or None


def device(payload: Mapping[str, Any], address: str, browser: str) -> str | None:
    """Return a fingerprint of the IP address and browser in these fields; None without either.

    Only whoever knows both can make it; neither can be read from it.
    """
    parts = [words(payload, name) or "" for name in (address, browser)]
    if not any(parts):
        return None
    text = "|".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:DEVICE_LENGTH]


def money(payload: Mapping[str, Any], name: str, currency: str) -> int | None:
    """Return minor units of a decimal text; a JSON number with a fraction is not exact: refused."""
    text = words(payload, name)
    if text is None:
        return None
    if not _DECIMAL.fullmatch(text):
        raise Unreadable(f"{name} is no decimal amount")
    try:
        return minor_from_decimal(text, currency)
    except ValueError:
        raise Unreadable(f"{name} is too large, or finer than the currency") from None


def whole(payload: Mapping[str, Any], name: str) -> int | None:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | None):
        raise Unreadable(f"{name} is no whole number")
    if value is not None and abs(value) >= MINOR_MAX:
        raise Unreadable(f"{name} is out of range")
    return value


def moment(payload: Mapping[str, Any], name: str, *, naive_is_utc: bool = False) -> datetime | None:
    """Return an ISO 8601 time; one without an offset is UTC only where the channel says so."""
    text = words(payload, name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{name} is no ISO 8601 time") from None
    if time.tzinfo is None and naive_is_utc:
        return time.replace(tzinfo=UTC)
    return time
