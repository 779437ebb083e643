"""Many workers at once, on a real database."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from fulfillment.store import tables


async def test_eight_allocators_of_the_last_unit_have_one_winner(world: Any) -> None:
    await world.stock(HZ={"A": 1})
    ids = [new_id() for _ in range(8)]
    await asyncio.gather(*(world.deliver(world.events.approved(i, ("A", 1))) for i in ids))
    assert sorted((await world.states()).values()) == ["allocated"] + ["backordered"] * 7
    assert await world.levels() == {("HZ", "A"): (1, 1)}
    await world.assert_sound()


def stories(world: Any, order_id: UUID, number: int) -> Sequence[Sequence[Any]]:
    """Return what may happen to one order: the events of each kind of order."""
    wanted = ("A", 1 + number % 3), ("B", 1)
    whole = 1000 * (2 + number % 3)
    approved = world.events.approved(order_id, *wanted)
    unpaid = world.events.approved(order_id, *wanted, payments=())
    held, rejected = world.events.held(order_id), world.events.rejected(order_id, no=2)
    flagged = world.events.flagged(order_id, no=2)
    reserved = world.events.approved(order_id, *wanted, await_recheck=True)
    parts = [world.events.paid(order_id, "x", whole - 1), world.events.paid(order_id, "y", 1)]
    return (
        [approved],
        [unpaid, *parts],
        [held, world.events.approved(order_id, *wanted, no=2)],
        [held, rejected],
        [approved, world.events.cancel(order_id)],
        [approved, rejected],
        [unpaid, *parts, world.events.cancel(order_id)],
        [approved, flagged, world.events.rejected(order_id, no=3)],
        [approved, flagged, world.events.cancel(order_id)],
        [approved, flagged, world.events.approved(order_id, *wanted, no=3)],
        [unpaid, *parts, flagged, world.events.approved(order_id, *wanted, no=3, payments=())],
        [reserved, world.events.approved(order_id, *wanted, no=2)],
        [approved, flagged],
        [reserved, flagged],
    )


ENDS = ("allocated",) * 3 + ("cancelled",) * 6 + ("allocated",) * 3 + ("held",) * 2


@pytest.mark.parametrize("seed", range(6))
async def test_events_shuffled_repeated_and_spread_over_workers_end_the_same(
    world: Any, seed: int
) -> None:
    chance = random.Random(seed)
    await world.stock(HZ={"A": 500, "B": 500}, GZ={"A": 500, "B": 500})
    kinds = len(ENDS)
    ids = [new_id() for _ in range(5 * kinds)]
    messages = [
        world.message(e) for n, i in enumerate(ids) for e in stories(world, i, n)[n % kinds]
    ]
    messages += chance.sample(messages, k=len(messages) // 3)
    chance.shuffle(messages)
    batches = [messages[start : start + 10] for start in range(0, len(messages), 10)]
    waiting = iter(batches)

    async def worker() -> None:
        for batch in waiting:
            await world.deliver(*batch)

    await asyncio.gather(*(worker() for _ in range(4)))
    assert await world.states() == {i: ENDS[n % kinds] for n, i in enumerate(ids)}
    assert not any([(await world.order(i)).awaiting_recheck for i in ids])
    await world.assert_sound()


async def test_scarce_stock_is_used_up_and_never_oversold(world: Any) -> None:
    chance = random.Random(1)
    await world.stock(HZ={"A": 20, "B": 20}, GZ={"A": 15, "B": 15})
    ids = [new_id() for _ in range(60)]
    orders = [world.events.approved(i, ("A", 1), ("B", 1)) for i in ids]
    cancels = [world.events.cancel(i) for i in chance.sample(ids, 12)]

    async def worker(events: Sequence[Any]) -> None:
        for start in range(0, len(events), 5):
            await world.deliver(*events[start : start + 5])

    await asyncio.gather(*(worker(orders[n::4]) for n in range(4)), worker(cancels))
    await world.serve_marked()
    states = list((await world.states()).values())
    assert (states.count("allocated"), states.count("cancelled")) == (35, 12)
    assert states.count("backordered") == 60 - 35 - 12
    assert await world.count(tables.task) >= 35
    await world.assert_sound()


async def _leave_while(
    client: Any, made: Sequence[tuple[UUID, str]], *meanwhile: Awaitable[None]
) -> list[int]:
    """Pack all, then hand them over while something else happens; return how it was answered."""
    at = {"scanned_at": "2026-11-22T10:00:00+08:00", "device_id": "d1"}
    for _, code in made:
        for step in ("picking", "packed"):
            await client.post("/v1/scans", json={"code": code, "step": step, **at})

    async def leave(code: str) -> int:
        handover = {"step": "handed_over", "courier": "sf", "tracking_no": code}
        scan = {"code": code, **handover, **at}
        return int((await client.post("/v1/scans", json=scan)).status_code)

    answers, *_ = await asyncio.gather(
        asyncio.gather(*(leave(code) for _, code in made)), *meanwhile
    )
    return list(answers)


async def test_a_parcel_handed_over_while_it_is_flagged_has_left_or_is_held(
    world: Any, client: Any, allocated: Any
) -> None:
    made = [await allocated() for _ in range(6)]
    flags = (world.deliver(world.events.flagged(order_id)) for order_id, _ in made)
    answers = await _leave_while(client, made, *flags)
    ends = await world.states()
    for answer, (order_id, _) in zip(answers, made, strict=True):
        missed = await world.said(order_id, "hold.missed.v1")
        states = [told["state"] for told in missed]
        left = (200, "handed_over", ["handed_over"])
        assert (answer, ends[order_id], states) in (left, (409, "held", []))
    await world.assert_sound()


async def test_a_parcel_handed_over_while_it_is_cancelled_is_one_or_the_other(
    world: Any, client: Any, allocated: Any
) -> None:
    made = [await allocated() for _ in range(6)]
    cancels = (world.deliver(world.events.cancel(order_id)) for order_id, _ in made)
    answers = await _leave_while(client, made, *cancels)
    ends = await world.states()
    wishes = [(await world.order(order_id)).cancellation for order_id, _ in made]
    for answer, wish, (order_id, _) in zip(answers, wishes, made, strict=True):
        left = (200, "refused", "handed_over")
        assert (answer, wish, ends[order_id]) in (left, (409, "accepted", "cancelled"))
    await world.assert_sound()
