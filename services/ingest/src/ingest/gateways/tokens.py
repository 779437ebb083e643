"""Access tokens that run out: made when needed, and made anew when the channel refuses one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from common.clock import monotonic_seconds
from ingest.gateways.calling import Calling, Heard, Request
from ingest.gateways.channel_api import TokenRefused

T = TypeVar("T")

EARLY_SECONDS = 120.0
"""A token is given up so long before its end: a call takes time, and clocks differ."""


@dataclass
class Token:
    make: Callable[[], Awaitable[tuple[str, float]]]
    """Returns a token and for how many seconds it is good."""
    _value: str | None = field(default=None, repr=False)
    _until: float = 0.0
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> str:
        """Return a token that is good; several who wait for one share it."""
        async with self._making:
            if self._value is None or monotonic_seconds() >= self._until:
                self._value, seconds = await self.make()
                self._until = monotonic_seconds() + seconds - EARLY_SECONDS
            return self._value

    def forget(self, refused: str) -> None:
        """Give up the token that was refused, unless there is another by now."""
        if self._value == refused:
            self._value = None


async def call_with(
    token: Token, calling: Calling, make: Callable[[str], Request], read: Callable[[Heard], T]
) -> T:
    """Call with a token that is good: one that the channel refuses is made anew for the next try.

    Raises:
        ChannelTrouble: what the last try came to.
    """
    used = ""

    async def request() -> Request:
        nonlocal used
        used = await token.get()
        return make(used)

    def judged(heard: Heard) -> T:
        try:
            return read(heard)
        except TokenRefused:
            token.forget(used)
            raise

    return await calling.call(request, judged)
