"""One batch, one transaction; where it fails, one event at a time; on a real database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.events import Noted
from toy.notebook import Notebook, Trouble
from toy.tables import carried, note

from common.contracts.event import Message
from common.database.engine import open_engine
from common.database.rows import Columns, insert_rows
from common.database.work import Work, WorkFactory
from common.errors import Collided, Permanent, Transient, Unavailable
from common.ids import new_id
from common.messaging.batch import BatchHandler, body_of
from common.messaging.outcome import Done, Outcome, Park, Retry
from common.messaging.pack import Outgoing, Pack
from common.messaging.subscription import on
from support.broker import message_of, packed
from support.proxy import proxied

Rows = Callable[[str], Awaitable[int]]
Read = Callable[[], Awaitable[list[Any]]]


def noted(*texts: str) -> list[Message[Any]]:
    return [message_of(Noted(order_id=new_id(), text=text)) for text in texts]


def received(outgoing: Outgoing, **fields: Any) -> Pack:
    values = {"delivery_tag": 1, "attempt": 0, "deliveries": 0} | fields
    return Pack(
        type=outgoing.type, body=outgoing.body, events=outgoing.headers["x-events"], **values
    )


def of_body(body: bytes, *, type_: str = Noted.routing_key(), events: int = 1) -> Pack:
    return Pack(1, type_, body, events, 0, 0)


async def outcomes(handler: BatchHandler, *packs: Pack) -> list[Outcome]:
    """Handle the packs as one batch; return the outcomes in the order of the events."""
    items = handler.read(packs)
    settled = await handler.handle(items)
    by_item = {id(item): outcome for item, outcome in settled.outcomes}
    assert len(by_item) == len(items) == len(settled.outcomes)
    return [by_item[id(item)] for item in items]


def raising(error: Exception) -> Trouble:
    async def trouble(_: Message[Noted], __: Work) -> None:
        raise error

    return trouble


async def test_a_batch_is_handled_together(
    handler: BatchHandler, notebook: Notebook, engine: AsyncEngine, rows: Rows
) -> None:
    packs = [received(packed(*noted("a", "b"))), received(packed(*noted("c")))]
    assert await outcomes(handler, *packs) == [Done(), Done(), Done()]
    assert notebook.batches == [["a", "b", "c"]]
    async with engine.connect() as connection:
        transactions = await connection.scalars(text("select distinct xid from toy.note"))
        assert len(list(transactions)) == 1
    assert [await rows(table) for table in ("inbox", "outbox", "event_log")] == [3, 3, 3]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Permanent("no such shop"), Park("no such shop")),
        (Transient("the courier sleeps"), Retry(0, "the courier sleeps")),
        (KeyError("13800138000"), Retry(0, "KeyError")),
    ],
)
async def test_one_bad_event_does_not_touch_its_neighbours(
    works: WorkFactory, notes: Read, rows: Rows, error: Exception, outcome: Outcome
) -> None:
    async def half_done(message: Message[Noted], work: Work) -> None:
        columns: Columns = {"event_id": [new_id()], "text": ["half"], "detail": ["{}"]}
        await insert_rows(work.connection, note, columns)
        work.publish(message.data, because=message)
        raise error

    handler = BatchHandler({Noted.routing_key(): on(Noted, Notebook({"bad": half_done}))}, works)
    pack = received(packed(*noted("a", "bad", "b")))
    assert await outcomes(handler, pack) == [Done(), outcome, Done()]
    assert await notes() == ["a", "b"]
    assert [await rows(table) for table in ("inbox", "outbox", "event_log")] == [2, 2, 2]


async def test_an_event_repeated_within_a_batch_is_handled_once(
    handler: BatchHandler, notes: Read
) -> None:
    (message,) = noted("a")
    found = await outcomes(handler, received(packed(message, message)), received(packed(message)))
    assert found == [Done(), Done(duplicate=True), Done(duplicate=True)]
    assert await notes() == ["a"]


async def test_an_event_repeated_in_a_later_batch_is_handled_once(
    handler: BatchHandler, notes: Read, rows: Rows
) -> None:
    first, second = noted("a", "b")
    await outcomes(handler, received(packed(first)))
    assert await outcomes(handler, received(packed(second, first))) == [
        Done(),
        Done(duplicate=True),
    ]
    assert await notes() == ["a", "b"]
    assert await rows("outbox") == 2


async def test_the_same_event_in_two_workers_at_once_is_handled_once(
    handler: BatchHandler, notes: Read
) -> None:
    messages = noted(*"abcdefgh")
    there, back = received(packed(*messages)), received(packed(*reversed(messages)))
    found = await asyncio.gather(*(outcomes(handler, pack) for pack in (there, back) * 2))
    flat = [outcome for one in found for outcome in one]
    assert flat.count(Done()) == 8
    assert flat.count(Done(duplicate=True)) == 24
    assert sorted(await notes()) == list("abcdefgh")


async def test_a_postponed_event_is_new_when_it_comes_back(
    works: WorkFactory, notes: Read, rows: Rows
) -> None:
    async def wait_for_cause(message: Message[Noted], work: Work) -> None:
        if await rows("note") == 0:
            work.postpone(message, "came before its cause")

    notebook = Notebook({"effect": wait_for_cause})
    handler = BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)
    early, cause = noted("effect", "cause")
    pack = received(packed(early))
    assert await outcomes(handler, pack) == [Retry(0, "came before its cause")]
    assert await rows("inbox") == 0
    await outcomes(handler, received(packed(cause)))
    assert await outcomes(handler, pack) == [Done()]
    assert sorted(await notes()) == ["cause", "effect"]


async def test_an_event_postponed_for_ever_is_parked_where_the_ladder_ends(
    works: WorkFactory,
) -> None:
    async def never(message: Message[Noted], work: Work) -> None:
        work.postpone(message, "no cause")

    handler = BatchHandler({Noted.routing_key(): on(Noted, Notebook({"a": never}))}, works)
    pack = received(packed(*noted("a")), attempt=5)
    assert await outcomes(handler, pack) == [Park("gave up after 5 retries: no cause")]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}", b"\xff\xfe", b'"[]"', b"[" * 100_000, b'[{"a":1}', b"null"]
)
async def test_a_body_nobody_can_read_is_parked_whole(handler: BatchHandler, body: bytes) -> None:
    (item,) = handler.read([of_body(body)])
    settled = await handler.handle([item])
    assert [outcome for _, outcome in settled.outcomes] == [Park("is no JSON array of events")]
    assert body_of(item) == body


async def test_a_type_nobody_handles_is_parked(handler: BatchHandler) -> None:
    (message,) = noted("a")
    pack = of_body(packed(message).body, type_="toy.unknown.v9")
    assert await outcomes(handler, pack) == [Park("nobody here handles this type of event")]


@pytest.mark.parametrize(
    "element",
    [
        "null",
        "7",
        "[]",
        "{}",
        '{"event_id": "13800138000"}',
        r'{"note": "\ud800 13800138000"}',
    ],
)
async def test_an_unreadable_element_is_parked_alone_and_without_its_values(
    handler: BatchHandler, notes: Read, element: str
) -> None:
    good, other = (message.model_dump_json() for message in noted("a", "b"))
    pack = of_body(f"[{good},{element},{other}]".encode(), events=3)
    first, bad, last = await outcomes(handler, pack)
    assert (first, last) == (Done(), Done())
    assert isinstance(bad, Park)
    assert "13800138000" not in bad.reason
    assert await notes() == ["a", "b"]


async def test_a_text_that_json_can_write_and_no_text_can_hold_is_parked_alone(
    handler: BatchHandler, notes: Read
) -> None:
    good, bad = noted("a", "b")
    lone_surrogate = bad.model_dump_json().replace('"b"', r'"\ud800"')
    pack = of_body(f"[{good.model_dump_json()},{lone_surrogate}]".encode(), events=2)
    assert [type(outcome) for outcome in await outcomes(handler, pack)] == [Done, Park]
    assert await notes() == ["a"]


async def test_a_value_the_database_refuses_parks_its_event_alone(
    handler: BatchHandler, notes: Read
) -> None:
    pack = received(packed(*noted("a", "13800138000 \0", "b")))
    first, bad, last = await outcomes(handler, pack)
    assert (first, last) == (Done(), Done())
    assert isinstance(bad, Park)
    assert "13800138000" not in bad.reason
    assert await notes() == ["a", "b"]


async def test_a_deadlock_is_tried_again_at_once(works: WorkFactory) -> None:
    """Two batches lock two rows crosswise; PostgreSQL ends one, which succeeds the second time."""
    locked = asyncio.Barrier(2)
    times: list[str] = []

    def lock(first: int, second: int) -> Trouble:
        async def trouble(message: Message[Noted], work: Work) -> None:
            times.append(message.data.text)
            await work.connection.execute(text(f"select pg_advisory_xact_lock({first})"))
            if len(times) <= 2:
                await locked.wait()
            await work.connection.execute(text(f"select pg_advisory_xact_lock({second})"))

        return trouble

    notebook = Notebook({"there": lock(71, 72), "back": lock(72, 71)})
    handler = BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)
    packs = [received(packed(message)) for message in noted("there", "back")]
    assert await asyncio.gather(*(outcomes(handler, pack) for pack in packs)) == [
        [Done()],
        [Done()],
    ]
    assert len(times) == 3


async def test_a_collision_that_does_not_end_takes_the_ladder(works: WorkFactory) -> None:
    tries: list[UUID] = []

    async def collide(message: Message[Noted], _: Work) -> None:
        tries.append(message.event_id)
        raise Collided("met somebody")

    handler = BatchHandler({Noted.routing_key(): on(Noted, Notebook({"a": collide}))}, works)
    assert await outcomes(handler, received(packed(*noted("a")))) == [Retry(0, "met somebody")]
    assert len(tries) == 6


async def test_without_a_database_nothing_has_an_outcome(works: WorkFactory, rows: Rows) -> None:
    async with proxied(engine_url(works.engine)) as proxy:
        engine = open_engine(proxy.url, application="toy", connections_max=2)
        notebook = Notebook()
        handler = BatchHandler(
            {Noted.routing_key(): on(Noted, notebook)}, WorkFactory(engine, carried)
        )
        items = handler.read([received(packed(*noted("a", "b"))), of_body(b"unreadable")])
        proxy.cut_off()
        with pytest.raises(Unavailable):
            await handler.handle(items)
        assert notebook.batches == []
        await engine.dispose()
    assert await rows("inbox") == 0


async def test_a_database_lost_in_the_middle_leaves_no_outcome(
    works: WorkFactory, rows: Rows
) -> None:
    async with proxied(engine_url(works.engine)) as proxy:
        engine = open_engine(proxy.url, application="toy", connections_max=2)

        async def cut(_: Message[Noted], __: Work) -> None:
            proxy.cut_off()

        notebook = Notebook({"b": cut})
        handler = BatchHandler(
            {Noted.routing_key(): on(Noted, notebook)}, WorkFactory(engine, carried)
        )
        with pytest.raises(Unavailable):
            await handler.handle(handler.read([received(packed(*noted("a", "b")))]))
        await engine.dispose()
    assert [await rows(table) for table in ("inbox", "note", "outbox")] == [0, 0, 0]


@pytest.mark.parametrize("error", [TimeoutError("courier"), ConnectionResetError("courier")])
async def test_an_outside_party_that_is_away_is_not_taken_for_the_database(
    works: WorkFactory, notes: Read, error: Exception
) -> None:
    notebook = Notebook({"ask": raising(error)})
    handler = BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)
    found = await outcomes(handler, received(packed(*noted("a", "ask", "b"))))
    assert found == [Done(), Retry(0, type(error).__name__), Done()]
    assert await notes() == ["a", "b"]


async def test_an_event_leaves_its_pack_with_every_field_it_came_with(
    works: WorkFactory,
) -> None:
    handler = BatchHandler(
        {Noted.routing_key(): on(Noted, Notebook({"bad": raising(Transient("later"))}))}, works
    )
    first, bad = (json.loads(message.model_dump_json()) for message in noted("a", "bad"))
    bad["from_the_future"] = {"big": 2**70, "deep": [1.5, None, "ü"]}
    bad["event_id"] = bad["event_id"].upper()
    pack = of_body(json.dumps([first, bad]).encode(), events=2)
    items = handler.read([pack])
    settled = await handler.handle(items)
    (left,) = (item for item, outcome in settled.outcomes if outcome == Retry(0, "later"))
    assert json.loads(body_of(left)) == [bad]


async def test_an_event_leaves_a_pack_that_hides_how_many_it_holds_alone(
    works: WorkFactory,
) -> None:
    """A publisher that sends no x-events header, or a pack that was parked whole."""
    handler = BatchHandler(
        {Noted.routing_key(): on(Noted, Notebook({"bad": raising(Transient("later"))}))}, works
    )
    messages = noted("a", "bad")
    pack = of_body(packed(*messages).body, events=1)
    settled = await handler.handle(handler.read([pack]))
    (left,) = (item for item, outcome in settled.outcomes if outcome == Retry(0, "later"))
    assert [event["event_id"] for event in json.loads(body_of(left))] == [str(messages[1].event_id)]


def engine_url(engine: AsyncEngine) -> str:
    url = engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
