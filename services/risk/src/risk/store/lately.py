"""How the rule sets in force did lately: counted once in a while, however many ask.

The figures are percentiles over up to an hour of orders; a page that is looked at by several people
must not have them counted with every look.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from common.clock import monotonic_seconds
from risk.domain.health import Figures
from risk.domain.release import Stage
from risk.store import figures
from risk.store.changes import Change
from risk.store.figures import Span

LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Doing:
    """How both rule sets do since the change, of the last hour at most."""

    stable: Figures
    candidate: Figures | None


@dataclass(slots=True)
class Lately:
    fresh_seconds: float
    """How old the figures may be."""
    _known: Doing | None = None
    _change: UUID | None = None
    _counted_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, connection: AsyncConnection, change: Change, now: datetime) -> Doing:
        """Return how the rule sets of this change do; who asks meanwhile waits for one count."""
        async with self._turn:
            known = self._known
            age = monotonic_seconds() - self._counted_at
            if known is None or self._change != change.id or age >= self.fresh_seconds:
                known = self._known = await _counted(connection, change, now)
                self._change, self._counted_at = change.id, monotonic_seconds()
            return known


async def _counted(connection: AsyncConnection, change: Change, now: datetime) -> Doing:
    release = change.release
    span = Span(max(change.changed_at, now - LOOK_BACK), now)
    tried: Figures | None = None
    if release.candidate is not None and release.stage is Stage.SHADOW:
        tried = await figures.shadowed(connection, release.candidate, span.since)
    elif release.candidate is not None:
        tried = await figures.decided(connection, release.candidate, span)
    return Doing(await figures.decided(connection, release.stable, span), tried)
