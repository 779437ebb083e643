"""Waiting for something to become so, with a limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.2


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Ask again and again; False when it was not so in time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True
