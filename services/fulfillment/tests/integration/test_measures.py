"""Orders are counted where they are."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from common.ids import new_id
from common.life_cycle import State
from fulfillment.store import figures
from fulfillment.use_cases.measures import UNDER_WAY, Measures


async def counted(world: Any) -> dict[State, int]:
    async with world.works.begin() as work:
        return await figures.orders_by_state(work.connection, UNDER_WAY)


async def test_each_state_under_way_is_counted_and_shown_also_when_nobody_is_there(
    world: Any,
    allocated: Callable[..., Awaitable[tuple[UUID, str]]],
) -> None:
    await allocated()
    await allocated()
    await world.deliver(world.events.approved(new_id(), ("A", 1_000)))
    found = await counted(world)
    assert found.pop(State.ALLOCATED) == 2
    assert found.pop(State.BACKORDERED) == 1
    assert set(found) == set(UNDER_WAY) - {State.ALLOCATED, State.BACKORDERED}
    assert set(found.values()) == {0}


async def test_a_count_that_would_take_long_ends_at_its_bound(
    world: Any,
    allocated: Callable[..., Awaitable[tuple[UUID, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "COUNTED_MAX", 1)
    await allocated()
    await allocated()
    assert (await counted(world))[State.ALLOCATED] == 1


def test_the_gauge_has_a_series_for_each_state() -> None:
    registry = CollectorRegistry()
    Measures(registry).orders({State.PICKING: 3})
    labels = {"service": "fulfillment", "state": "picking"}
    assert registry.get_sample_value("sluice_orders", labels) == 3
