"""What events do to orders and stock, on a real database."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.migrating import pending_changes
from common.ids import new_id
from fulfillment.store import tables


async def test_the_tables_in_the_code_are_those_of_the_migrations(database: AsyncEngine) -> None:
    async with database.connect() as connection:
        assert await connection.run_sync(pending_changes, "fulfillment", tables.metadata) == []


async def test_a_paid_order_is_allocated_and_gets_a_task(world: Any) -> None:
    await world.stock(HZ={"A": 5, "B": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), ("B", 1), ("A", 1)))
    assert await world.state(order_id) == "allocated"
    assert await world.levels() == {("HZ", "A"): (5, 3), ("HZ", "B"): (5, 1)}
    assert len(await world.task_code(order_id)) == 12
    assert await world.published() == ["order.allocated.v1"]
    steps = [(s.version, s.source, s.trigger, s.target) for s in await world.history(order_id)]
    assert steps == [
        (1, "received", "approve_paid", "awaiting_allocation"),
        (2, "awaiting_allocation", "reserve_stock", "allocated"),
    ]


async def test_an_order_nobody_can_supply_is_backordered(world: Any) -> None:
    await world.stock(HZ={"A": 5}, GZ={"B": 5})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 1), ("B", 1)))
    assert await world.state(order_id) == "backordered"
    assert await world.published() == ["order.backordered.v1"]
    await world.assert_sound()


async def test_orders_of_one_batch_share_what_there_is_oldest_first(world: Any, later: Any) -> None:
    await world.stock(HZ={"A": 3})
    ids = [new_id() for _ in range(4)]
    await world.deliver(
        *(
            world.events.approved(order_id, ("A", 2), placed_at=later(-number))
            for number, order_id in enumerate(ids)
        )
    )
    assert await world.states() == dict.fromkeys(ids[:3], "backordered") | {ids[3]: "allocated"}
    await world.assert_sound()


async def test_an_inactive_warehouse_supplies_nothing(world: Any) -> None:
    await world.stock(HZ={"A": 3})
    async with world.works.engine.begin() as connection:
        await connection.execute(tables.warehouse.update().values(active=False))
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    assert await world.state(order_id) == "backordered"


async def test_an_unpaid_order_is_allocated_when_the_payment_comes(world: Any) -> None:
    await world.stock(HZ={"A": 3})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), payments=()))
    assert await world.state(order_id) == "awaiting_payment"
    await world.deliver(world.events.paid(order_id, "p1", 1500))
    await world.deliver(world.events.paid(order_id, "p1", 1500))
    assert await world.state(order_id) == "awaiting_payment"
    await world.deliver(world.events.paid(order_id, "p2", 500))
    assert await world.state(order_id) == "allocated"
    assert (await world.order(order_id)).paid_minor == 2000
    await world.assert_sound()


async def test_a_payment_that_comes_before_its_order_counts(world: Any) -> None:
    await world.stock(HZ={"A": 3})
    order_id = new_id()
    await world.deliver(world.events.paid(order_id, "p1", 2000))
    assert await world.published() == []
    await world.deliver(world.events.approved(order_id, ("A", 2), payments=()))
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


async def test_a_cancellation_frees_stock_for_the_oldest_who_waits(world: Any, later: Any) -> None:
    await world.stock(HZ={"A": 2})
    first, second, third = new_id(), new_id(), new_id()
    await world.deliver(world.events.approved(first, ("A", 2)))
    await world.deliver(world.events.approved(second, ("A", 2), placed_at=later(5)))
    await world.deliver(world.events.approved(third, ("A", 2), placed_at=later(3)))
    await world.deliver(world.events.cancel(first))
    assert await world.states() == {first: "cancelled", second: "backordered", third: "allocated"}
    assert (await world.order(first)).cancellation == "accepted"
    assert await world.published(first) == ["order.allocated.v1", "order.cancelled.v1"]
    assert await world.published(third) == ["order.backordered.v1", "order.allocated.v1"]
    await world.assert_sound()


async def test_an_order_cancelled_before_it_is_known_is_never_allocated(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.cancel(order_id))
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    assert await world.state(order_id) == "cancelled"
    assert await world.published() == ["order.cancelled.v1"]
    assert await world.levels() == {("HZ", "A"): (2, 0)}
    await world.assert_sound()


async def test_a_cancellation_and_the_approval_in_one_batch_allocate_nothing(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)), world.events.cancel(order_id))
    assert await world.published() == ["order.cancelled.v1"]
    await world.assert_sound()


async def test_two_waiting_orders_cancelled_together_do_not_get_each_others_stock(
    world: Any,
) -> None:
    await world.stock(HZ={"A": 2})
    has, waits = new_id(), new_id()
    await world.deliver(world.events.approved(has, ("A", 2)))
    await world.deliver(world.events.approved(waits, ("A", 2)))
    await world.deliver(world.events.cancel(has), world.events.cancel(waits))
    assert await world.states() == {has: "cancelled", waits: "cancelled"}
    assert await world.levels() == {("HZ", "A"): (2, 0)}
    await world.assert_sound()


async def test_a_held_order_proceeds_when_it_is_approved(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.held(order_id))
    assert await world.state(order_id) == "held"
    await world.deliver(world.events.approved(order_id, ("A", 2), no=2))
    assert await world.state(order_id) == "allocated"
    await world.assert_sound()


async def test_stale_decisions_are_ignored(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2), no=3))
    await world.deliver(world.events.held(order_id, no=2), world.events.rejected(order_id, no=3))
    await world.deliver(world.events.approved(order_id, ("A", 2), no=1))
    assert await world.state(order_id) == "allocated"
    assert await world.published() == ["order.allocated.v1"]
    await world.assert_sound()


async def test_a_rejection_cancels_and_frees_what_was_allocated(world: Any) -> None:
    await world.stock(HZ={"A": 2})
    order_id = new_id()
    await world.deliver(world.events.approved(order_id, ("A", 2)))
    await world.deliver(world.events.rejected(order_id, no=2))
    assert await world.state(order_id) == "cancelled"
    assert (await world.history(order_id))[-1].reason == "rejected by risk"
    assert await world.levels() == {("HZ", "A"): (2, 0)}
    await world.assert_sound()


async def test_one_order_approved_twice_in_a_batch_is_allocated_once(world: Any) -> None:
    await world.stock(HZ={"A": 9})
    order_id = new_id()
    twice = world.message(world.events.approved(order_id, ("A", 2)))
    await world.deliver(twice, twice, world.events.approved(order_id, ("A", 2), no=2))
    await world.deliver(twice)
    assert await world.published() == ["order.allocated.v1"]
    assert (await world.order(order_id)).decision_no == 2
    await world.assert_sound()


async def test_more_who_wait_than_one_transaction_serves_are_served_by_the_chore(
    world: Any,
) -> None:
    await world.stock(HZ={"A": 120})
    big, small = new_id(), [new_id() for _ in range(130)]
    await world.deliver(world.events.approved(big, ("A", 120)))
    await world.deliver(*(world.events.approved(order_id, ("A", 1)) for order_id in small))
    await world.deliver(world.events.cancel(big))
    assert list((await world.states()).values()).count("allocated") == 50
    await world.serve_marked()
    assert list((await world.states()).values()).count("allocated") == 120
    assert await world.levels() == {("HZ", "A"): (120, 120)}
    await world.serve_marked()
    assert await world.count(tables.restocked) == 0
    await world.assert_sound()


async def test_an_order_that_cannot_be_served_does_not_hold_up_those_behind_it(
    world: Any, later: Any
) -> None:
    await world.stock(HZ={"A": 1, "B": 0})
    blocked = [new_id() for _ in range(60)]
    has, behind = new_id(), new_id()
    await world.deliver(world.events.approved(has, ("A", 1)))
    await world.deliver(*(world.events.approved(i, ("A", 1), ("B", 1)) for i in blocked))
    await world.deliver(world.events.approved(behind, ("A", 1), placed_at=later(60)))
    await world.deliver(world.events.cancel(has))
    assert await world.state(behind) == "allocated"
    await world.assert_sound()
