"""The parking lot: what is in it can be listed, shown and given back."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from toy.events import Noted
from toy.notebook import Notebook

from common.contracts.event import Message
from common.database.work import Work, WorkFactory
from common.errors import Permanent
from common.ids import new_id
from common.messaging import parking
from common.messaging.batch import BatchHandler
from common.messaging.pack import Outgoing, single
from common.messaging.subscription import on
from common.messaging.topology import ServiceQueues
from support.broker import Broker, headers_of, message_of, packed
from support.waiting import until

Read = Callable[[], Awaitable[list[Any]]]


def noted(*texts: str) -> list[Message[Any]]:
    return [message_of(Noted(order_id=new_id(), text=text)) for text in texts]


def parked(message: Message[Any], reason: str = "no such shop") -> Outgoing:
    body = f"[{message.model_dump_json()}]".encode()
    return single(message.type, body, attempt=5, reason=reason, parked_at="2026-11-22T09:30:00Z")


async def test_what_is_parked_is_listed_oldest_first_and_stays(
    amqp_url: str, broker: Broker, queues: ServiceQueues
) -> None:
    messages = noted(*"abc")
    await broker.put(queues.parked, *map(parked, messages))
    found = await parking.listed(amqp_url, queues)
    for _ in range(3):
        found = await parking.listed(amqp_url, queues)
        assert [event.event_id for event in found] == [str(m.event_id) for m in messages]
        assert {event.reason for event in found} == {"no such shop"}
        assert {event.parked_at for event in found} == {"2026-11-22T09:30:00Z"}
        await until(counted(broker, queues, 3))
    assert "no such shop" in found[0].line()
    assert len(await parking.listed(amqp_url, queues, limit=2)) == 2


async def test_one_of_them_is_shown_whole(
    amqp_url: str, broker: Broker, queues: ServiceQueues
) -> None:
    one, other = noted("a", "b")
    await broker.put(queues.parked, parked(one), parked(other))
    body = await parking.shown(amqp_url, queues, event_id=str(other.event_id))
    assert body is not None
    assert json.loads(body)[0]["data"]["text"] == "b"
    assert await parking.shown(amqp_url, queues, event_id=str(new_id())) is None


async def test_one_of_them_is_given_back_and_climbs_anew(
    amqp_url: str, broker: Broker, queues: ServiceQueues
) -> None:
    one, other = noted("a", "b")
    await broker.put(queues.parked, parked(one), parked(other))
    wanted = frozenset({str(one.event_id)})
    assert await parking.replay(amqp_url, queues, event_ids=wanted) == 1
    (message,) = await broker.take(queues.main)
    assert headers_of(message)["x-attempt"] == 0
    assert json.loads(message.body)[0]["event_id"] == str(one.event_id)
    await until(counted(broker, queues, 1))
    assert await parking.replay(amqp_url, queues, event_ids=frozenset({str(new_id())})) == 0


async def test_what_is_given_back_is_handled(
    works: WorkFactory,
    amqp_url: str,
    broker: Broker,
    queues: ServiceQueues,
    working: Callable[..., Any],
    notes: Read,
) -> None:
    """Refused as long as the shop is unknown; handled once it is known."""

    async def refuse(_: Message[Noted], __: Work) -> None:
        raise Permanent("no such shop")

    notebook = Notebook({"a": refuse, "b": refuse})
    handler = BatchHandler({Noted.routing_key(): on(Noted, notebook)}, works)
    await broker.put(queues.main, packed(*noted("a", "b", "c")))
    async with working(handler=handler):
        await until(counted(broker, queues, 2))
    async with working():
        assert await parking.replay(amqp_url, queues) == 2

        async def all_written() -> bool:
            return sorted(await notes()) == ["a", "b", "c"]

        await until(all_written)


async def test_a_whole_pack_that_was_parked_comes_back_event_by_event(
    amqp_url: str, broker: Broker, queues: ServiceQueues
) -> None:
    """Parked by the broker, or because nobody here knew its type yet."""
    messages = noted("a", "b", "c")
    await broker.put(queues.parked, packed(*messages))
    listed = await parking.listed(amqp_url, queues)
    assert [event.event_id for event in listed] == [str(m.event_id) for m in messages]
    wanted = str(messages[1].event_id)
    body = await parking.shown(amqp_url, queues, event_id=wanted)
    assert body is not None
    assert [event["event_id"] for event in json.loads(body)] == [wanted]
    await parking.replay(amqp_url, queues, event_ids=frozenset({wanted}))
    back = await broker.take_packs(queues.main)
    found = [event["event_id"] for pack in back for event in json.loads(pack.body)]
    assert wanted in found
    left = await parking.listed(amqp_url, queues)
    assert sorted(found + [event.event_id for event in left]) == sorted(
        str(message.event_id) for message in messages
    )
    assert {pack.events for pack in back} == {1}


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[]", b"[7]", b"[" * 100_000])
async def test_what_nobody_can_read_is_listed_and_given_back_as_it_is(
    amqp_url: str, broker: Broker, queues: ServiceQueues, body: bytes
) -> None:
    await broker.put(queues.parked, single(Noted.routing_key(), body, reason="unreadable"))
    (event,) = await parking.listed(amqp_url, queues)
    assert event.event_id == "unreadable"
    await until(counted(broker, queues, 1))
    assert await parking.replay(amqp_url, queues) == 1
    (message,) = await broker.take(queues.main)
    assert message.body == body


def counted(broker: Broker, queues: ServiceQueues, wanted: int) -> Callable[[], Awaitable[bool]]:
    async def are_there() -> bool:
        return await broker.count(queues.parked) == wanted

    return are_there
