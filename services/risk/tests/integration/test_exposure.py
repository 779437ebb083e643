"""How much may be approved unverified: never more than the cap, to the cent, whoever decides."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from common.contracts.order import Order
from common.database.work import WorkFactory
from risk.domain.decision import Outcome
from support.risk_scene import Scene, Worker, asks, order, receipt, scene_on

CAP = {"CNY": 100_000, "USD": 20_000}


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def unverified(scene: Scene) -> dict[tuple[str, str], int]:
    """Add up again, from the decisions themselves, what is approved without each check."""
    rows = await scene.rows("""
        select d."check", d.currency, sum(d.exposed_minor) as sum from risk.deferred_check d
        join (select distinct on (order_id) order_id, outcome from risk.assessment
              order by order_id, decision_no desc) a using (order_id)
        where a.outcome = 'approved' group by 1, 2""")
    return {(row["check"], row["currency"]): int(row["sum"]) for row in rows}


async def outcomes(scene: Scene, ids: list[UUID]) -> list[str]:
    return [(await scene.history(i))[-1].decision.outcome.value for i in ids]


async def test_an_order_above_what_is_left_of_the_cap_is_held(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={"CNY": 10_000}))
    scene.party.door("score").fails()
    worker = scene.worker()
    ids = await worker.decide(order(6_000), order(4_001), order(4_000), order(1))
    assert await outcomes(scene, ids) == ["approved", "held", "approved", "held"]
    (held,) = await scene.history(ids[1])
    (reason,) = held.decision.reasons
    assert (reason.name, reason.detail) == ("score:over_exposure_cap", "failed")
    assert await scene.exposed() == {("score", "CNY"): 10_000}
    more = await worker.decide(order(1))
    assert await outcomes(scene, more) == ["held"]
    await scene.all_replay(*ids, *more)


async def test_a_currency_the_cap_does_not_name_may_not_be_exposed_at_all(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={"CNY": 10_000}))
    scene.party.door("score").fails()
    ids = await scene.worker().decide(order(1, currency="USD"), order(0, currency="USD"))
    assert await outcomes(scene, ids) == ["held", "approved"]
    assert await scene.exposed() == {}


async def test_a_check_without_a_cap_exposes_whatever_comes(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    scene.party.door("score").fails()
    ids = await scene.worker().decide(order(10**12), order(5, currency="JPY"))
    assert await outcomes(scene, ids) == ["approved", "approved"]
    assert await scene.exposed() == {("score", "CNY"): 10**12, ("score", "JPY"): 5}


async def test_each_check_has_its_own_cap(scene: Scene) -> None:
    await scene.put_in_force(
        asks("score", exposure_cap_minor={"CNY": 10_000}),
        asks("address", exposure_cap_minor={"CNY": 5_000}),
    )
    for name in ("score", "address"):
        scene.party.door(name).fails()
    (order_id,) = await scene.worker().decide(order(6_000))
    (held,) = await scene.history(order_id)
    assert [reason.name for reason in held.decision.reasons] == ["address:over_exposure_cap"]
    assert held.decision.degraded == ("score",)
    assert await scene.exposed() == {}
    assert set(await scene.deferred(order_id)) == {"score", "address"}
    await scene.all_replay(order_id)


async def test_what_is_exposed_falls_when_orders_are_verified(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={"CNY": 10_000}))
    door = scene.party.door("score")
    door.fails()
    worker = scene.worker()
    first, second = await worker.decide(order(7_000), order(7_000))
    assert await outcomes(scene, [first, second]) == ["approved", "held"]
    door.answers(score=500)
    await worker.recheck()
    assert await scene.exposed() == {}
    assert await outcomes(scene, [first, second]) == ["approved", "approved"]
    door.fails()
    (third,) = await worker.decide(order(10_000))
    assert await outcomes(scene, [third]) == ["approved"]
    await scene.all_replay(first, second, third)


async def test_an_order_held_over_the_cap_is_released_when_it_is_verified(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={}))
    door = scene.party.door("score")
    door.fails()
    worker = scene.worker()
    (order_id,) = await worker.decide(order())
    assert len(await scene.rows("select * from risk.held_order")) == 1
    door.answers(score=500)
    await worker.recheck()
    assert [e["type"] for e in await scene.events(order_id)] == [
        "order.held.v1",
        "order.approved.v1",
    ]
    assert await scene.rows("select * from risk.held_order") == []
    await scene.all_replay(order_id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_however_many_workers_decide_at_once_the_cap_holds_to_the_cent(
    scene: Scene, seed: int
) -> None:
    chance = random.Random(seed)
    later = {"exposure_cap_minor": CAP, "budget_ms": 0}  # asked in the re-check only
    await scene.put_in_force(asks("score", **later), asks("address", **later))
    workers = [scene.worker() for _ in range(4)]
    ids: list[UUID] = []
    for _ in range(3):
        batches = [[_any_order(chance) for _ in range(12)] for _ in workers]
        made = await asyncio.gather(
            *(worker.decide(*batch) for worker, batch in zip(workers, batches, strict=True))
        )
        ids += [order_id for batch in made for order_id in batch]
        await _holds(scene)
    assert set(await outcomes(scene, ids)) == {"approved", "held"}

    for name in ("score", "address"):
        scene.party.door(name).decides(_by_amount)
    await asyncio.gather(*(_both(w, [_any_order(chance) for _ in range(8)]) for w in workers))
    await _holds(scene)
    await scene.come_due()
    while (await asyncio.gather(*(w.recheck() for w in workers)))[0].claimed:
        await _holds(scene)
    await scene.come_due()
    await workers[0].recheck()
    assert await scene.exposed() == {} == await unverified(scene)
    await scene.all_replay(*chance.sample(ids, 12))


async def test_an_order_decided_by_two_workers_at_once_is_exposed_once(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={"CNY": 10**9}))
    scene.party.door("score").fails()
    orders = [receipt(order(1_000 + i)) for i in range(20)]
    again = [receipt(m.data.order, m.data.order_id) for m in reversed(orders)]
    await asyncio.gather(
        scene.worker().deliver(*orders),
        scene.worker().deliver(*again),
        scene.worker().deliver(*again[::2], *orders[::3]),
    )
    assert await scene.exposed() == {("score", "CNY"): sum(1_000 + i for i in range(20))}
    assert await scene.exposed() == await unverified(scene)


async def test_an_order_that_is_held_for_another_reason_exposes_nothing(scene: Scene) -> None:
    await scene.put_in_force(asks("score", exposure_cap_minor={"CNY": 1}), asks("address"))
    scene.party.door("score").fails()
    scene.party.door("address").answers(score=1)
    (order_id,) = await scene.worker().decide(order())
    (held,) = await scene.history(order_id)
    assert held.decision.outcome is Outcome.HELD
    assert [reason.name for reason in held.decision.reasons] == ["address:low_score"]
    assert await scene.exposed() == {}


def _any_order(chance: random.Random) -> Order:
    return order(chance.randint(1, 9_999), currency=chance.choice(["CNY", "CNY", "USD", "EUR"]))


def _by_amount(features: dict[str, int]) -> dict[str, int]:
    return {"score": 100 if features["order.payable_minor"] % 3 == 0 else 500}


async def _both(worker: Worker, orders: list[Order]) -> None:
    """Decide and make up for checks at the same time, as a worker does."""
    await asyncio.gather(worker.decide(*orders), worker.recheck())


async def _holds(scene: Scene) -> None:
    exposed = await scene.exposed()
    for (check, currency), amount in exposed.items():
        assert 0 < amount <= CAP.get(currency, 0), (check, currency)
    assert exposed == await unverified(scene)
