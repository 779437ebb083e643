"""The one place that reads the clock."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Return seconds from a clock that never jumps; only differences mean something."""
    return time.monotonic()
