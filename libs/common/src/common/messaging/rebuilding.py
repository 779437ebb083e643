"""Reconnect = rebuild: on any trouble everything is thrown away and made anew, with backoff."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    retry_if_exception_type,
    wait_random_exponential,
)

from common.clock import monotonic_seconds
from common.database import faults
from common.errors import Unavailable

WAIT_SECONDS_MAX = 5
STEADY_SECONDS = 10
CANCEL_SECONDS_MAX = 5

T = TypeVar("T")

log = structlog.get_logger()


async def rebuild_for_ever(session: Callable[[], Awaitable[None]], *, what: str) -> None:
    """Run sessions one after another until cancelled, or until one returns.

    The wait between two grows, and starts over after a session that lasted.
    """

    def report(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.warning("session.lost", what=what, error=_names(error), attempt=state.attempt_number)

    async def lasting() -> bool:
        """Return whether the session ended in peace; raise only where it failed early."""
        started = monotonic_seconds()
        try:
            await _tell_apart(session)
        except Exception as error:
            if monotonic_seconds() - started < STEADY_SECONDS:
                raise
            log.warning("session.lost", what=what, error=_names(error), attempt=1)
            return False
        return True

    ended = False
    while not ended:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(Exception),
            wait=wait_random_exponential(multiplier=0.2, max=WAIT_SECONDS_MAX),
            after=report,
        ):
            with attempt:
                ended = await lasting()


async def outlast(call: Callable[[], Awaitable[T]], stopping: asyncio.Event) -> T:
    """Call again until the database is back; while stopping, no more.

    Whoever holds messages holds on to them meanwhile: given back, they would count as delivered
    once more, and in the end as poison.
    """

    def is_away(error: BaseException) -> bool:
        return isinstance(error, Unavailable) or faults.is_away(error)

    def report(state: RetryCallState) -> None:
        log.warning("database.away", attempt=state.attempt_number)

    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_away),
        wait=wait_random_exponential(multiplier=0.2, max=WAIT_SECONDS_MAX),
        stop=lambda _: stopping.is_set(),
        before_sleep=report,
        reraise=True,
    ):
        with attempt:
            return await call()
    raise AssertionError  # the last attempt returns or raises


async def _tell_apart(session: Callable[[], Awaitable[None]]) -> None:
    """Run the session in a task of its own, so that only our own cancellation ends the loop.

    The AMQP client cancels whoever waits for a connection that it gives up; and in Python 3.11 a
    task group in which something fails while it is cancelled forgets that it was.
    """
    running = asyncio.ensure_future(session())
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        while not running.done():
            running.cancel()
            await asyncio.wait([running], timeout=CANCEL_SECONDS_MAX)
        if not running.cancelled():
            running.exception()  # seen, and of no interest any more
        raise
    if running.cancelled():
        raise ConnectionError("The connection was given up.")
    running.result()


def _names(error: BaseException | None) -> str:
    """Name the errors, also those in a group; their texts may hold addresses and values."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(sorted({_names(inner) for inner in error.exceptions}))
    return type(error).__name__
