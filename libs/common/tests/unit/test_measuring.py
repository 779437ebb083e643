"""Looking figures up costs a bounded share of the time, and never ends its worker."""

import asyncio

import pytest

from common.telemetry import measuring
from common.telemetry.measuring import keep_measured, pause_after


def test_what_is_quick_is_measured_every_ten_seconds() -> None:
    assert pause_after(0.0) == pause_after(0.1) == 10.0


def test_what_is_slow_takes_one_percent_of_the_time() -> None:
    assert pause_after(3.0) == 300.0


async def test_a_measurement_that_fails_or_hangs_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "PERIOD_SECONDS", 0.0)
    monkeypatch.setattr(measuring, "REST", 0)
    monkeypatch.setattr(measuring, "SECONDS_MAX", 0.01)
    tries: list[int] = []
    done = asyncio.Event()

    async def measure() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ConnectionError
        if len(tries) == 2:
            await asyncio.Event().wait()
        done.set()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(keep_measured(measure, what="test"))
        await done.wait()
        keeping.cancel()
