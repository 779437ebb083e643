"""With the safeguards off a slow check does what it did in the incident, and says so."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import generate_latest

from common.database.work import WorkFactory
from common.service import Runtime
from risk.domain.breaker import State
from risk.settings import Settings
from risk.use_cases.unguarded import UnguardedPanel
from risk.wiring import Parts
from support.risk_scene import Scene, asks, order, scene_on
from support.waiting import until_true


@pytest.fixture
async def scene(works: WorkFactory) -> AsyncIterator[Scene]:
    async with scene_on(works) as scene:
        yield scene


async def test_one_order_after_the_other_is_asked_about_and_waited_for(scene: Scene) -> None:
    await scene.put_in_force(asks("score", budget_ms=1, timeout_ms=30_000), budget_ms=1)
    door = scene.party.door("score")
    door.never_answers()
    worker = scene.worker(safeguards=False)
    async with asyncio.TaskGroup() as tasks:
        deciding = tasks.create_task(worker.decide(order(), order(), order()))
        await until_true(lambda: door.calls == 1)
        assert not deciding.done()
        door.answers(score=500)
        ids = await deciding
    assert door.calls == 3
    for order_id in ids:
        assert await scene.deferred(order_id) == {}
        (decided,) = await scene.history(order_id)
        assert decided.decision.degraded == ()


async def test_no_breaker_opens_however_many_calls_fail(scene: Scene) -> None:
    await scene.put_in_force(asks("score"))
    door = scene.party.door("score")
    door.fails()
    worker = scene.worker(safeguards=False)
    await worker.decide(*(order(1_000 + i) for i in range(60)))
    await worker.report()
    assert door.calls == 60
    assert [desk.breaker.state(0.0) for desk in worker.panel.desks.values()] == [State.CLOSED]


@pytest.mark.parametrize(("safeguards", "shown"), [(True, "1.0"), (False, "0.0")])
async def test_a_process_shows_whether_it_is_guarded(
    runtime: Runtime, *, safeguards: bool, shown: str
) -> None:
    parts = Parts.of(Settings(safeguards=safeguards))
    reporting = asyncio.ensure_future(parts.report(runtime))
    try:
        line = f'sluice_safeguards{{service="risk"}} {shown}'
        await until_true(lambda: line in generate_latest(runtime.metrics.registry).decode())
    finally:
        reporting.cancel()
        await asyncio.wait([reporting])
        await parts.parties.close()


async def test_nobody_takes_a_release_back(runtime: Runtime) -> None:
    parts = Parts.of(Settings(safeguards=False))
    assert isinstance(parts.panel, UnguardedPanel)
    await parts.watch(runtime)  # has nothing to do for the life of the worker
    await parts.parties.close()


def test_off_is_how_an_environment_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().safeguards
    monkeypatch.setenv("SAFEGUARDS", "off")
    assert not Settings().safeguards
