"""When a publisher asks, what follows from an answer, and what goes over the wire."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.readers import READERS, publisher_of, publishers_for, readers_of
from common.database import ledger_verdicts as verdicts
from common.database.ledger import Turn
from common.ids import first_id_at, moment_of
from common.messaging.batch import Item
from common.messaging.ledger import messages, rounds
from common.messaging.ledger.answering import apart
from common.messaging.ledger.asides import SLACK, asides
from common.messaging.ledger.messages import Answer, Inquiry, QueueLost
from common.messaging.outcome import Done, Park, Retry
from common.messaging.pack import Pack
from common.messaging.topology import ServiceQueues

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
IDS = st.lists(st.uuids(), max_size=50).map(tuple)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def turn(**fields: object) -> Turn:
    quiet = Turn(
        reader="risk",
        now=NOW,
        asked_to=first_id_at(NOW - seconds(15)),
        asked_at=NOW - seconds(5),
        lost_at=datetime.min.replace(tzinfo=UTC),
        ranges=0,
        singles=0,
        oldest_sent=None,
        overdue=False,
        open_due=False,
    )
    return replace(quiet, **fields)


class TestVerdicts:
    def test_an_event_missing_once_is_asked_about_again_before_it_is_emitted(self) -> None:
        first = verdicts.missing(0, certain=False)
        assert (first.misses, first.emit, first.wait) == (1, False, seconds(5))
        second = verdicts.missing(first.misses, certain=False)
        assert (second.misses, second.emit, second.wait) == (2, True, seconds(30))

    def test_an_event_of_a_lost_queue_is_emitted_at_once(self) -> None:
        assert verdicts.missing(0, certain=True) == verdicts.missing(1, certain=False)

    def test_the_pauses_grow_and_the_question_is_never_given_up(self) -> None:
        misses, waits = 1, []
        for _ in range(60):
            verdict = verdicts.missing(misses, certain=False)
            assert verdict.emit
            misses = verdict.misses
            waits.append(verdict.wait.total_seconds())
        assert waits[:6] == [30, 60, 120, 240, 480, 600]
        assert set(waits[6:]) == {600}

    def test_an_event_is_lost_once_it_was_emitted_three_times_in_vain(self) -> None:
        misses, emitted = 0, 0
        while misses < verdicts.LOST_MISSES:
            verdict = verdicts.missing(misses, certain=False)
            misses = verdict.misses
            emitted += verdict.emit and misses < verdicts.LOST_MISSES
        assert emitted == 3

    @given(st.integers(0, 1000), st.booleans())
    def test_a_miss_counts_and_always_leads_to_another_question(
        self, before: int, certain: Any
    ) -> None:
        verdict = verdicts.missing(before, certain=certain)
        assert verdict.misses > before
        assert seconds(0) < verdict.wait <= verdicts.PATIENCE_MAX
        assert verdict.emit == (verdict.misses >= 2)

    def test_what_waits_in_the_outbox_or_aside_is_not_missed(self) -> None:
        assert verdicts.unpublished(3).misses == 3
        assert not verdicts.unpublished(3).emit
        assert verdicts.aside().misses == 0
        assert not verdicts.aside().emit


class TestRounds:
    def test_a_round_begins_every_ten_seconds(self) -> None:
        assert rounds.age_to_ask_about(turn()) is None
        assert rounds.age_to_ask_about(turn(asked_at=NOW - seconds(10))) == rounds.AGE

    def test_there_is_one_round_at_a_time(self) -> None:
        assert rounds.age_to_ask_about(turn(asked_at=NOW - seconds(60), ranges=1)) is None
        assert rounds.age_to_ask_about(turn(lost_at=NOW, ranges=1)) is None

    def test_a_lost_queue_or_a_cursor_far_behind_begins_one_at_once(self) -> None:
        assert rounds.age_to_ask_about(turn(lost_at=NOW)) == rounds.AGE_AFTER_LOSS
        behind = turn(asked_to=first_id_at(NOW - seconds(60)))
        assert rounds.age_to_ask_about(behind) == rounds.AGE

    def test_open_events_are_asked_about_when_due_and_not_too_many_at_once(self) -> None:
        assert not rounds.asks_about_open(turn())
        assert rounds.asks_about_open(turn(open_due=True, singles=9))
        assert not rounds.asks_about_open(turn(open_due=True, singles=10))

    @pytest.mark.parametrize(
        ("waited", "pause"), [(None, None), (9, None), (10, 10), (100, 25), (3600, 60)]
    )
    def test_marks_are_sent_while_answers_are_wanting(
        self, waited: float | None, pause: float | None
    ) -> None:
        sent = None if waited is None else NOW - seconds(waited)
        expected = None if pause is None else seconds(pause)
        assert rounds.pause_between_marks(turn(oldest_sent=sent)) == expected


class TestMessages:
    @given(IDS, IDS)
    def test_an_answer_is_read_as_it_was_meant(
        self, missing: tuple[UUID, ...], aside: tuple[UUID, ...]
    ) -> None:
        answer = Answer(
            reader="risk", sent_at=NOW, inquiry_id=UUID(int=1), missing=missing, aside=aside
        )
        sent = messages.outgoing(answer)
        assert messages.read(sent.type, sent.body) == answer

    @given(IDS)
    def test_an_inquiry_is_read_as_it_was_meant(self, event_ids: tuple[UUID, ...]) -> None:
        raw = b"".join(each.bytes for each in event_ids)
        asked = Inquiry(publisher="ingest", sent_at=NOW, inquiry_id=UUID(int=1), event_ids=raw)
        assert Inquiry.model_validate_json(messages.outgoing(asked).body) == asked

    def test_a_control_message_counts_as_no_event(self) -> None:
        assert messages.outgoing(QueueLost(reader="risk")).headers == {"x-events": 0}

    def test_what_is_no_message_for_publishers_is_passed_over(self) -> None:
        assert messages.read("order.received.v1", b"[]") is None

    @pytest.mark.parametrize("broken", ["AA==", "no base64"])
    def test_ids_cut_short_are_refused(self, broken: str) -> None:
        body = json.dumps({"publisher": "x", "sent_at": NOW.isoformat(), "event_ids": broken})
        with pytest.raises(ValueError, match="event_ids"):
            Inquiry.model_validate_json(body)

    def test_inquiries_are_told_from_events(self) -> None:
        event = Pack(1, "order.received.v1", b"[]", 1, 0, 0)
        inquiry = Pack(2, messages.INQUIRY, b"{}", 0, 0, 0)
        assert apart([event, inquiry, event]) == ([inquiry], [event, event])
        assert apart([event]) == ([], [event])


class TestAsides:
    QUEUES = ServiceQueues("toy")

    def test_what_was_sent_on_is_remembered_with_its_queue_and_time(self) -> None:
        event_id = UUID("019a5000-0000-7000-8000-000000000001")
        body = json.dumps([{"event_id": str(event_id), "data": "no order"}]).encode()
        pack = Pack(1, "toy.noted.v1", body, 1, 0, 0)
        unreadable = Item(pack, None, body, "data: wrong")
        outcomes = [(unreadable, Retry(1, "later")), (unreadable, Park("never"))]
        later, never = asides(self.QUEUES, outcomes, NOW)
        assert (later.event_id, later.queue) == (event_id, "toy.retry.5s")
        assert later.until == NOW + seconds(5) + SLACK
        assert (never.queue, never.until) == ("toy.parked", None)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[3]", b'[{"event_id": 3}]', b'{"a": 1}'])
    def test_what_has_no_id_is_not_remembered(self, body: bytes) -> None:
        item = Item(Pack(1, "x", body, 1, 0, 0), None, body, "unreadable")
        assert asides(self.QUEUES, [(item, Park("never")), (item, Done())], NOW) == []


class TestReaders:
    def test_each_reader_gets_the_types_of_one_publisher(self) -> None:
        assert set(readers_of("risk")) == {"fulfillment"}
        holds = ("hold.requested.v1", "hold.lifted.v1")
        assert readers_of("ingest")["risk"] == ("order.received.v1", *holds)
        assert readers_of("reconciliation") == {}

    def test_publishers_and_readers_mirror_each_other(self) -> None:
        names = {*map(publisher_of, READERS), *(r for readers in READERS.values() for r in readers)}
        for reader in names:
            asked_by = {name for name in names if reader in readers_of(name)}
            assert set(publishers_for(reader)) == asked_by


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_id_tells_when_it_was_made(moment: datetime) -> None:
    made = moment_of(first_id_at(moment))
    assert timedelta() <= moment - made < timedelta(milliseconds=1)
