"""Gauges that are looked up: measured now and then, at a bounded cost."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from common.clock import monotonic_seconds

PERIOD_SECONDS = 10.0
REST = 100
"""So many times as long as a measurement took is nothing measured: one percent of the time."""
SECONDS_MAX = 10.0

log = structlog.get_logger()


async def keep_measured(measure: Callable[[], Awaitable[None]], *, what: str) -> None:
    """Measure until cancelled; what fails or takes too long is given up and tried again."""
    while True:
        began = monotonic_seconds()
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await measure()
        except Exception as error:  # must not end the worker
            log.warning("measure.failed", what=what, exc_info=error)
        await asyncio.sleep(pause_after(monotonic_seconds() - began))


def pause_after(seconds: float) -> float:
    """Return how long to rest after a measurement that took so long."""
    return max(PERIOD_SECONDS, REST * seconds)
