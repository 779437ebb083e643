"""Which packs can wait in the backlog, and what they are there; in which order they leave it."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from common.database.backlog import Order
from common.ids import first_id_at, new_id
from common.messaging.pack import Pack
from common.messaging.recovery.moving import movable
from common.messaging.suspects import DELIVERIES_SUSPECT

TYPE = "toy.noted.v1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(**more: object) -> dict[str, object]:
    return {"event_id": str(new_id()), "data": {"order_id": str(new_id()), "price": 1.10}, **more}


def pack(body: str, *, kind: str = TYPE, events: int = 1, deliveries: int = 0) -> Pack:
    return Pack(1, kind, body.encode(), events, 3, deliveries)


def test_each_event_of_a_pack_keeps_its_bytes_and_its_attempts() -> None:
    texts = [json.dumps(event(extra=number)) for number in range(3)]
    moved, now = movable([pack(f"[{' , '.join(texts)}]", events=3)], {TYPE})
    assert [one.body.decode() for one in moved] == [f"[{text}]" for text in texts]
    assert {one.attempt for one in moved} == {3}
    assert [str(one.event_id) for one in moved] == [json.loads(text)["event_id"] for text in texts]
    assert now == []


def test_what_nobody_reads_is_under_suspicion_or_unreadable_is_settled_at_once() -> None:
    good = json.dumps([event()])
    others = [
        pack(good, kind="ledger.inquiry.v1"),
        pack(good, deliveries=DELIVERIES_SUSPECT),
        pack("[{}]"),
        pack("{"),
        pack(""),
        pack("[" * 100_000),
        pack('[{"event_id": "x", "data": {"order_id": "y"}}]'),
    ]
    moved, now = movable([pack(good), *others], {TYPE})
    assert len(moved) == 1
    assert now == others


def at(hours: float) -> UUID:
    return first_id_at(NOON + timedelta(hours=hours))


def test_newest_first_is_today_first() -> None:
    today = NOON - timedelta(hours=12)
    ids = [at(-30), at(-1), at(-13), at(0)]
    for order in (Order(newest_first=True, today=None), Order(newest_first=True, today=today)):
        assert sorted(ids, key=order.rank) == [at(0), at(-1), at(-13), at(-30)]


def test_oldest_first_may_put_today_before_all_others() -> None:
    today = NOON - timedelta(hours=12)
    ids = [at(-30), at(-1), at(-13), at(0)]
    plain, first = Order(newest_first=False, today=None), Order(newest_first=False, today=today)
    assert sorted(ids, key=plain.rank) == [at(-30), at(-13), at(-1), at(0)]
    assert sorted(ids, key=first.rank) == [at(-1), at(0), at(-30), at(-13)]


@given(st.lists(st.floats(-100, 0), unique=True), st.tuples(st.booleans(), st.booleans()))
def test_today_goes_first_and_all_else_by_age(hours: list[float], flags: tuple[bool, bool]) -> None:
    newest_first, today_first = flags
    order = Order(newest_first, NOON - timedelta(hours=12) if today_first else None)
    ranked = sorted({at(hour) for hour in hours}, key=order.rank)
    if order.today:
        late = [one < first_id_at(order.today) for one in ranked]
        assert late == sorted(late)
        ranked = [one for one in ranked if one < first_id_at(order.today)]
    assert ranked == sorted(ranked, reverse=newest_first)
