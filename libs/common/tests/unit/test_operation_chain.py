"""Whatever is done to a log that was written, following its chain finds it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.database.operation_chain import (
    CONTENT_BYTES_MAX,
    Anchor,
    Entry,
    Inspection,
    Operation,
    chained,
    digest,
    plain,
)
from common.ids import first_id_at

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXTS = st.text(max_size=12)
CONTENT: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def operation(seconds: int, actor: str, before: Any, after: Any, reason: str) -> Operation:
    at = NOON + timedelta(seconds=seconds)
    return Operation(
        operation_id=first_id_at(at),
        at=at,
        actor=actor,
        action="thing.changed",
        subject_kind="thing",
        subject_id="one",
        before=plain(before),
        after=plain(after),
        reason=reason,
    )


OPERATIONS = st.builds(operation, st.integers(0, 10**6), TEXTS, CONTENT, CONTENT, TEXTS)
LOGS = st.lists(OPERATIONS, min_size=1, max_size=8).map(lambda made: list(chained(made, Anchor())))


def inspected(
    log: Sequence[Entry], head: Anchor, anchors: dict[int, bytes] | None = None
) -> Inspection:
    inspection = Inspection(Anchor(), anchors or {})
    for entry in log:
        if not inspection.follow(entry):
            break
    inspection.end(head)
    return inspection


@given(LOGS)
def test_a_log_as_it_was_written_holds(log: list[Entry]) -> None:
    everything = {entry.number: entry.hash for entry in log}
    inspection = inspected(log, log[-1].anchor(), everything)
    assert inspection.fault is None
    assert inspection.entries == len(log)
    assert inspection.last == log[-1].anchor()


CHANGES: dict[str, Any] = {
    "actor": "somebody else",
    "action": "thing.left",
    "at": NOON - timedelta(microseconds=1),
    "subject_kind": "other",
    "subject_id": "two",
    "order_id": first_id_at(NOON - timedelta(days=1)),
    "before": {"it was": "never so"},
    "after": {"it was": "never so"},
    "reason": "another reason than any",
    "operation_id": first_id_at(NOON - timedelta(days=2)),
}


@given(LOGS, st.data(), st.sampled_from(sorted(CHANGES)))
def test_a_changed_entry_is_named(log: list[Entry], data: st.DataObject, part: str) -> None:
    place = data.draw(st.integers(0, len(log) - 1))
    changed = replace(log[place].operation, **{part: CHANGES[part]})
    tampered = [*log[:place], replace(log[place], operation=changed), *log[place + 1 :]]
    inspection = inspected(tampered, log[-1].anchor())
    assert inspection.fault is not None
    assert inspection.fault.number == place + 1


@given(LOGS, st.data())
def test_a_changed_entry_that_got_its_own_hash_breaks_at_the_next_or_at_the_end(
    log: list[Entry], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(log) - 1))
    changed = replace(log[place].operation, reason="another reason than any")
    forged = digest(place + 1, changed, log[place].previous_hash)
    tampered = [*log]
    tampered[place] = replace(log[place], operation=changed, hash=forged)
    inspection = inspected(tampered, log[-1].anchor())
    assert inspection.fault is not None
    assert inspection.fault.number == place + 2


@given(LOGS, st.data())
def test_a_removed_entry_is_missed(log: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(log) - 1))
    inspection = inspected([*log[:place], *log[place + 1 :]], log[-1].anchor())
    assert inspection.fault is not None


@given(LOGS, OPERATIONS, st.data())
def test_an_inserted_entry_is_found(log: list[Entry], new: Operation, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(log)))
    before = log[place - 1].anchor() if place else Anchor()
    (slipped_in,) = chained([new], before)
    inspection = inspected([*log[:place], slipped_in, *log[place:]], log[-1].anchor())
    assert inspection.fault is not None


@given(LOGS, st.randoms(use_true_random=False))
def test_entries_in_another_order_do_not_hold(log: list[Entry], random: Any) -> None:
    shuffled = [*log]
    random.shuffle(shuffled)
    in_order = shuffled == log
    assert (inspected(shuffled, log[-1].anchor()).fault is None) == in_order


@given(LOGS, st.data())
def test_a_log_written_anew_from_some_entry_on_ends_elsewhere_than_its_anchor(
    log: list[Entry], data: st.DataObject
) -> None:
    """Who can write the table can write its head as well; what was told outside stays."""
    place = data.draw(st.integers(0, len(log) - 1))
    before = log[place - 1].anchor() if place else Anchor()
    operations = [entry.operation for entry in log[place:]]
    operations[0] = replace(operations[0], reason="another reason than any")
    forged = [*log[:place], *chained(operations, before)]
    told = {log[-1].number: log[-1].hash}
    assert inspected(forged, forged[-1].anchor()).fault is None
    assert inspected(forged, forged[-1].anchor(), told).fault is not None


@given(LOGS, st.data())
def test_a_log_cut_short_with_its_head_falls_short_of_its_anchor(
    log: list[Entry], data: st.DataObject
) -> None:
    left = log[: data.draw(st.integers(0, len(log) - 1))]
    head = left[-1].anchor() if left else Anchor()
    told = {log[-1].number: log[-1].hash}
    assert inspected(left, head).fault is None
    assert inspected(left, head, told).fault is not None


def test_content_is_kept_as_json_gives_it_back() -> None:
    given_content = {"at": NOON, "id": first_id_at(NOON), "parts": ("a", 1), 2: None}
    assert plain(given_content) == {
        "at": NOON.isoformat(),
        "id": str(first_id_at(NOON)),
        "parts": ["a", 1],
        "2": None,
    }


def test_of_very_much_content_the_hash_and_the_size_are_kept() -> None:
    much = plain("x" * CONTENT_BYTES_MAX)
    assert much["bytes"] == CONTENT_BYTES_MAX + 2
    assert len(much["sha256"]) == 64


def test_what_json_cannot_hold_is_refused_when_it_is_recorded() -> None:
    with pytest.raises(ValueError, match="JSON"):
        plain(float("nan"))
