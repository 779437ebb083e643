"""How often, and for how much, somebody ordered lately: windows of minutes, and what counts as one.

An order counts at the minute it was received, which its id tells, however late it is decided: what
waited in a queue for an hour did not come all at once. A window is never shorter than its name
says: it ends with the order's own minute and begins with the whole minute, for a day the whole
hour, in which the span began. So merging the minutes of an hour that is over changes no day.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_UNIX_TS_SHIFT = 80  # RFC 9562 §5.7: the first 48 of 128 bits are Unix milliseconds
HOUR = 60
DAY = 24 * HOUR
MERGED_AFTER = 2 * HOUR
"""When the minutes of an hour become one: orders decided within an hour still find them."""
KEPT = DAY + HOUR
SUM_MAX = 2**63 - 1
"""A sum of money stays there: it is what rules and the database can hold."""
_SEPARATOR = "\x1f"  # ingest lets no control character in, so no two identities read the same


class Counts(NamedTuple):
    """Orders of any currency, and the sum in one, in each window."""

    orders_1m: int
    orders_1h: int
    orders_24h: int
    sum_minor_1m: int
    sum_minor_1h: int
    sum_minor_24h: int


NONE_SEEN = Counts(0, 0, 0, 0, 0, 0)


class Cell(NamedTuple):
    """A place where orders are counted."""

    key: int
    currency: str
    minute: int


@dataclass(slots=True)
class Sum:
    orders: int = 0
    sum_minor: int = 0


def key_of(kind: str, *identity: str) -> int:
    """Return what stands for somebody in the tables: a hash of 64 bits, which says no name."""
    text = _SEPARATOR.join((kind, *identity)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), signed=True)


def minute_of(time: datetime) -> int:
    return (time - _EPOCH) // _MINUTE


def minute_received(order_id: UUID, now: datetime) -> int:
    """Return the minute in the order's id; a clock that was ahead is taken for now."""
    milliseconds = order_id.int >> _UNIX_TS_SHIFT
    return min(milliseconds // 60_000, minute_of(now))


def day_begins(minute: int) -> int:
    """Return the first minute of the day's window: that of a whole hour, 24 to 25 hours ago."""
    return hour_begins(minute - DAY)


def hour_begins(minute: int) -> int:
    return minute // HOUR * HOUR


@dataclass(slots=True)
class Tally:
    """Orders counted in the order they come, as if each had been stored before the next."""

    _minutes: dict[int, dict[tuple[int, str], Sum]] = field(default_factory=dict)

    def add(self, cell: Cell, payable_minor: int) -> None:
        of_key = self._minutes.get(cell.key)
        if of_key is None:
            of_key = self._minutes[cell.key] = {}
        counted = of_key.get((cell.minute, cell.currency))
        if counted is None:
            counted = of_key[cell.minute, cell.currency] = Sum()
        counted.orders += 1
        counted.sum_minor = min(counted.sum_minor + payable_minor, SUM_MAX)

    def onto(self, stored: Counts, cell: Cell) -> Counts:
        """Return the stored counts with what was added here since."""
        of_key = self._minutes.get(cell.key)
        return stored if of_key is None else _with(stored, of_key, cell)

    def sums(self) -> Sequence[tuple[Cell, Sum]]:
        """Return every cell that counted, in the one order in which rows are locked."""
        return sorted(
            (Cell(key, currency, minute), counted)
            for key, of_key in self._minutes.items()
            for (minute, currency), counted in of_key.items()
        )


def _with(stored: Counts, of_key: dict[tuple[int, str], Sum], cell: Cell) -> Counts:
    counts = list(stored)
    begins = (cell.minute - 1, cell.minute - HOUR, day_begins(cell.minute))
    for (minute, currency), counted in of_key.items():
        for window, first in enumerate(begins):
            if first <= minute <= cell.minute:
                counts[window] += counted.orders
                if currency == cell.currency:
                    total = counts[window + 3] + counted.sum_minor
                    counts[window + 3] = min(total, SUM_MAX)
    return Counts(*counts)
