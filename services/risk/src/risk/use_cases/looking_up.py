"""What slow checks answered before, for as long as that holds: asked once, known to all.

The fingerprint of the check is part of the key, so that a check that is written otherwise knows
nothing of what was answered to its earlier version.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from cachetools import TLRUCache

from common.clock import monotonic_seconds
from risk.domain.identity import canonical_json
from risk.domain.ruleset import Values
from risk.gateways.answering import Question
from risk.store.look_ups import Known

KNOWN_MAX = 50_000
LEARNED_MAX = 10_000
"""Written down every second; what does not fit is asked again by the next process."""

Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Entry:
    result: Values
    until: float
    """On the monotonic clock: a jump of the wall clock neither keeps nor drops anything."""


def question_digest(question: Question) -> bytes:
    return hashlib.blake2b(canonical_json(question).encode(), digest_size=16).digest()


@dataclass
class LookUps:
    learned: list[Known] = field(default_factory=list)
    """Answers that are not in the database yet."""
    _known: TLRUCache[Key, _Entry] = field(
        default_factory=lambda: TLRUCache(
            KNOWN_MAX, ttu=lambda _, entry, __: entry.until, timer=monotonic_seconds
        )
    )
    _asking: "WeakValueDictionary[Key, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    def warm(self, known: Sequence[Known], now: datetime) -> None:
        """Take over what the database remembers."""
        for each in known:
            seconds = (each.expires_at - now).total_seconds()
            self._remember((each.fingerprint, each.question), each.result, seconds)

    async def once(
        self,
        key: Key,
        holds_seconds: int,
        now: Callable[[], datetime],
        ask: Callable[[], Awaitable[Values]],
    ) -> Values:
        """Return what is known, or ask; who comes meanwhile waits for the same answer."""
        if (entry := self._known.get(key)) is not None:
            return entry.result
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            # Who asked before us may have been cancelled: then it is our turn.
            if (entry := self._known.get(key)) is not None:
                return entry.result
            result = await ask()
            self._remember(key, result, holds_seconds)
            if len(self.learned) < LEARNED_MAX:
                expires_at = now() + timedelta(seconds=holds_seconds)
                self.learned.append(Known(*key, result, expires_at))
            return result

    def _remember(self, key: Key, result: Values, seconds: float) -> None:
        if seconds > 0:
            self._known[key] = _Entry(result, monotonic_seconds() + seconds)
