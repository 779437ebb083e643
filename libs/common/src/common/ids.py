"""The one place that makes identifiers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX_TS_SHIFT = 80  # RFC 9562 §5.7: the first 48 of 128 bits are Unix milliseconds


def new_id() -> UUID:
    """Return a UUIDv7: unique, and ordered by the time it was made."""
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """Return the smallest id that can be made at this moment: a bound for ranges of ids."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << _UNIX_TS_SHIFT)


def moment_of(event_id: UUID) -> datetime:
    """Return when this UUIDv7 was made."""
    return _EPOCH + timedelta(milliseconds=event_id.int >> _UNIX_TS_SHIFT)
