"""What would change: a mapping beside the one in force, over messages that really came."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ingest.domain.incoming import Incoming
from ingest.domain.leaves import exact, leaves
from ingest.domain.mapping.compiled_mapping import CompiledMapping
from ingest.domain.validation import checked
from ingest.store.receipts import KeptMessage
from ingest.use_cases.reading import orders_of
from ingest.use_cases.submission import all_reasons

CHANGES_TOLD_MAX = 200


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class OrderChange:
    """One order that the two mappings read differently."""

    receipt_id: UUID
    channel_order_no: str | None
    fields: tuple[FieldChange, ...]


@dataclass(slots=True)
class Comparison:
    messages: int
    orders: int = 0
    changed: int = 0
    """Orders that the two mappings read differently; `changes` tells of the first of them."""
    changes: list[OrderChange] = field(default_factory=list)
    newly_wrong: int = 0
    """Orders that would go to quarantine, and are let in by the mapping in force."""
    newly_right: int = 0
    """Orders that would be let in, and are quarantined by the mapping in force."""
    gone: int = 0
    """Orders that would not be found in their message any more."""
    found: int = 0
    """Orders that are not found in their message by the mapping in force."""


def compare(
    now: Mapping[str, CompiledMapping | None],
    then: CompiledMapping,
    messages: Sequence[KeptMessage],
    *,
    at: datetime,
) -> Comparison:
    """Read each message with both; `now` has the mapping in force for each shop."""
    made = Comparison(len(messages))
    for message in messages:
        for old, new in _pairs(_read(now[message.shop], message), _read(then, message)):
            _count(made, message.receipt_id, _flat(old, at), _flat(new, at))
    return made


def _count(
    made: Comparison, receipt_id: UUID, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    made.orders += 1
    made.gone += new is None
    made.found += old is None
    before, after = old or {}, new or {}
    if old is not None and new is not None:
        made.newly_wrong += bool(after["reasons"]) and not before["reasons"]
        made.newly_right += bool(before["reasons"]) and not after["reasons"]
    fields = tuple(_changed(before, after))
    made.changed += bool(fields)
    if fields and len(made.changes) < CHANGES_TOLD_MAX:
        number = after.get("channel_order_no") or before.get("channel_order_no")
        made.changes.append(OrderChange(receipt_id, number, fields))


def _read(mapping: CompiledMapping | None, message: KeptMessage) -> tuple[Incoming, ...]:
    read = orders_of(
        mapping, message.body, channel=message.channel, shop=message.shop, topic=message.topic
    )
    if (wrong := read.unreadable) is not None:
        return tuple(Incoming(one.draft, problems=(wrong,)) for one in read.incoming)
    return read.incoming


def _pairs(
    before: Sequence[Incoming], after: Sequence[Incoming]
) -> Iterator[tuple[Incoming | None, Incoming | None]]:
    """Put together what is one order: by place, or by number where some are missing."""
    if len(before) == len(after):
        yield from zip(before, after, strict=True)
        return
    old, new = _by_number(before), _by_number(after)
    for key in dict.fromkeys((*old, *new)):
        yield old.get(key), new.get(key)


def _by_number(orders: Sequence[Incoming]) -> dict[tuple[str | None, int], Incoming]:
    seen: Counter[str | None] = Counter()
    found = {}
    for order in orders:
        number = order.draft.channel_order_no
        found[number, seen[number]] = order
        seen[number] += 1
    return found


def _flat(incoming: Incoming | None, at: datetime) -> dict[str, Any] | None:
    """Return the order's fields by their dotted names, and what is wrong with it."""
    if incoming is None:
        return None
    draft, found = checked(incoming.draft, at)
    wrong = sorted({f"{r.field}: {r.code}" for r in all_reasons(incoming, found)})
    rest = {"cancelled": incoming.cancelled, "held": incoming.held, "reasons": wrong}
    return leaves(draft) | rest


def _changed(old: dict[str, Any], new: dict[str, Any]) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before != after:
            yield FieldChange(name, exact(before), exact(after))
