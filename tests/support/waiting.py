"""Waiting for a condition instead of for a time."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryError,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
)

# What takes long is asked about ever less often: the asking takes time from what is waited for.
_GROWING_PAUSE = wait_exponential(multiplier=0.02, exp_base=1.3, max=0.5)

T = TypeVar("T")


class NotYet(Exception):  # noqa: N818 - names a moment, not a mistake
    """The condition does not hold."""


async def until(
    condition: Callable[[], Awaitable[T]], *, seconds: float = 30, pause: float | None = None
) -> T:
    """Ask again and again until the answer is true in the sense of Python; return it.

    A pause that is given is kept; else it grows.
    """
    latest: T | None = None
    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(NotYet),
            wait=_GROWING_PAUSE if pause is None else wait_fixed(pause),
            stop=stop_after_delay(seconds),
        ):
            with attempt:
                latest = await condition()
                if not latest:
                    raise NotYet
    except RetryError:
        raise TimeoutError(f"Not so within {seconds} s; the last answer: {latest!r}.") from None
    assert latest is not None
    return latest


async def until_true(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for something that can be seen without waiting for it."""

    async def asked() -> bool:
        return condition()

    await until(asked, seconds=seconds)
