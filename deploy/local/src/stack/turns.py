"""Who may start now: so many at once that those which run already are not starved by the others."""

import asyncio
import os

# Who has not become ready by then does not keep the others from starting.
TURN_SECONDS_MAX = 20.0


class Turns:
    """Turns to start, in the order in which they were asked for; one per processor."""

    def __init__(
        self, at_once: int | None = None, *, turn_seconds_max: float = TURN_SECONDS_MAX
    ) -> None:
        self._free = asyncio.Semaphore(at_once or os.cpu_count() or 1)
        self._turn_seconds_max = turn_seconds_max
        self._taken: dict[str, asyncio.TimerHandle] = {}

    async def take(self, name: str) -> None:
        """Wait for a turn; who still has one keeps it."""
        if name in self._taken:
            return
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        self._taken[name] = loop.call_later(self._turn_seconds_max, self.give_back, name)

    def give_back(self, name: str) -> None:
        timer = self._taken.pop(name, None)
        if timer is not None:
            timer.cancel()
            self._free.release()
