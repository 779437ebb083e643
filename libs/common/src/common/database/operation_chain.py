"""The chain of the operation log: each entry's hash covers the entry and the hash before it.

Whoever changes, removes, inserts or moves an entry breaks the chain there. Whoever writes the rest
of the chain anew as well arrives at another end than the anchors outside the database know.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

CONTENT_BYTES_MAX = 16_384  # an entry says what changed; large things are named by their hash
BEGINNING = bytes(32)
"""What the first entry follows."""
UNPLACED = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Who did what to which thing, what it was before and after, and why."""

    operation_id: UUID = UNPLACED
    """Given with the place in the chain."""
    at: datetime
    actor: str
    action: str
    """What happened to what, in the past tense: "ruleset.promoted"."""
    subject_kind: str
    subject_id: str
    order_id: UUID | None = None
    before: Any = None
    after: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation in its place in the chain."""

    number: int
    operation: Operation
    previous_hash: bytes
    hash: bytes

    def anchor(self) -> "Anchor":
        return Anchor(self.number, self.hash)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The hash an entry of this number had, as it was once told outside."""

    number: int = 0
    hash: bytes = BEGINNING


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where the chain does not hold."""

    number: int
    told: str


def plain(content: Any) -> Any:
    """Return the content as JSON gives it back; in place of very much, its hash and size.

    Raises:
        ValueError: it holds a number that JSON has no word for.
    """
    read = json.loads(json.dumps(content, allow_nan=False, default=_text))
    written = _canonical(read)
    if len(written) > CONTENT_BYTES_MAX:
        return {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}
    return read


def digest(number: int, operation: Operation, previous_hash: bytes) -> bytes:
    content = {
        "number": number,
        "operation_id": operation.operation_id,
        "at": operation.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": operation.actor,
        "action": operation.action,
        "subject": [operation.subject_kind, operation.subject_id],
        "order_id": operation.order_id,
        "before": operation.before,
        "after": operation.after,
        "reason": operation.reason,
    }
    return hashlib.sha256(previous_hash + _canonical(content)).digest()


def chained(operations: Iterable[Operation], head: Anchor) -> Iterator[Entry]:
    """Give each operation its place after the head."""
    number, previous = head.number, head.hash
    for operation in operations:
        number += 1
        entry = Entry(number, operation, previous, digest(number, operation, previous))
        previous = entry.hash
        yield entry


@dataclass
class Inspection:
    """Follows a chain entry by entry, and stops at the first that does not fit."""

    start: Anchor | None
    """What the first entry must follow; None: the first is taken as it is."""
    anchors: Mapping[int, bytes] = field(default_factory=dict)
    """Hashes known from outside, by number."""
    last: Anchor = field(init=False)
    entries: int = 0
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self.last = self.start or Anchor()

    def follow(self, entry: Entry) -> bool:
        """Look at the next entry; return whether the chain holds so far."""
        told = self._wrong_with(entry)
        if told is not None:
            self.fault = Fault(entry.number, told)
            return False
        self.last = entry.anchor()
        self.entries += 1
        return True

    def end(self, head: Anchor | None) -> None:
        """Compare the end with what is kept of it, if anything, and with anchors beyond it."""
        if self.fault is not None:
            return
        if head not in (None, self.last):
            told = f"The log ends at {self.last.number}; its head says {head.number}"
            self.fault = Fault(self.last.number + 1, f"{told}, or the same with another hash.")
            return
        beyond = [number for number in self.anchors if number > self.last.number]
        if beyond:
            told = f"The log ends at {self.last.number}; entry {max(beyond)} was anchored."
            self.fault = Fault(self.last.number + 1, told)

    def _wrong_with(self, entry: Entry) -> str | None:
        follows = self.last if self.entries else self.start
        if follows is not None and entry.number != follows.number + 1:
            return f"Entry {follows.number + 1} should come here."
        if follows is not None and entry.previous_hash != follows.hash:
            return "It does not follow the entry before it."
        if digest(entry.number, entry.operation, entry.previous_hash) != entry.hash:
            return "Its content is not what was written."
        if self.anchors.get(entry.number, entry.hash) != entry.hash:
            return "It is another entry than the one that was anchored."
        return None


def _canonical(content: Any) -> bytes:
    """Write the same bytes for the same content, whoever wrote it and in whatever order."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_text).encode()


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
