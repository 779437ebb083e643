"""What the database says of the orders afterwards: decided, skipped, made up for, lost."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

# When a decision could be seen by others, not when it was begun; its row is never changed.
_DECISIONS = """
    select order_id::text, arm, outcome, took_micros, unanswered,
        extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as visible_at
    from risk.assessment where decision_no = 1 and order_id = any($1::uuid[])"""
_DECIDED = "select count(*) from risk.assessment where decision_no = 1"
_UNDECIDED = """
    select count(*) from unnest($1::uuid[]) as accepted (order_id)
    where not exists (select from risk.assessment a where a.order_id = accepted.order_id)"""
_WAITING = """
    select count(*) from risk.deferred_check
    where ruleset = $1 and "check" = $2 and extract(epoch from deferred_at) >= $3"""
_MADE_UP = """
    select count(*) filter (where result in ('clear', 'against') and rechecked_at <= deadline)
            as in_time,
        count(*) filter (where result = 'against') as against,
        count(*) as ended,
        coalesce(max(extract(epoch from rechecked_at - deferred_at)), 0)::float8 as longest
    from risk.recheck
    where ruleset = $1 and "check" = $2 and extract(epoch from deferred_at) >= $3"""
_FIRST = """
    select count(*) as decided,
        count(*) filter (where outcome = 'approved') as approved,
        count(*) filter (where outcome = 'held') as held
    from risk.assessment
    where ruleset = $1 and extract(epoch from decided_at) >= $2 and decision_no = 1"""
_LATER = """
    select count(*) filter (where outcome = 'approved') as approved,
        count(*) filter (where outcome = 'held') as held
    from risk.assessment
    where ruleset = $1 and extract(epoch from decided_at) >= $2 and decision_no > 1
        and (order_id, decision_no) in (
            select order_id, max(decision_no) from risk.assessment group by order_id)"""


@dataclass(frozen=True, slots=True)
class Decision:
    order_id: str
    arm: str
    outcome: str
    took_micros: int
    unanswered: int
    visible_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of the orders that a rule set decided while one of its checks was slow."""

    decided: int
    approved_first: int
    held_first: int
    skipped: int
    """Orders that were decided without the check."""
    reverified: int
    """Of those, for how many it was made up for before its deadline."""
    waiting: int
    against: int
    """Made up for, and then against the order."""
    released: int
    """Approved without reserve, in the end."""
    stopped: int
    """Held for a person, in the end."""
    longest_seconds: float
    """From the decision to when the check was made up for, at worst."""


@dataclass(frozen=True, slots=True)
class Account:
    database: "asyncpg.Connection[asyncpg.Record]"

    async def decisions(self, order_ids: Collection[str]) -> list[Decision]:
        rows = await self.database.fetch(_DECISIONS, list(order_ids))
        found = [Decision(*row) for row in rows]
        return sorted(found, key=lambda decision: decision.visible_at)

    async def decided(self) -> int:
        """Return how many orders were decided so far."""
        count: int = await self.database.fetchval(_DECIDED)
        return count

    async def undecided(self, order_ids: Collection[str]) -> int:
        count: int = await self.database.fetchval(_UNDECIDED, list(order_ids))
        return count

    async def waiting(self, ruleset: str, check: str, since: float) -> int:
        count: int = await self.database.fetchval(_WAITING, ruleset, check, since)
        return count

    async def fate(self, ruleset: str, check: str, since: float) -> Fate:
        waiting = await self.waiting(ruleset, check, since)
        made_up = await self._row(_MADE_UP, ruleset, check, since)
        first = await self._row(_FIRST, ruleset, since)
        later = await self._row(_LATER, ruleset, since)
        return Fate(
            decided=first["decided"],
            approved_first=first["approved"],
            held_first=first["held"],
            skipped=waiting + made_up["ended"],
            reverified=made_up["in_time"],
            waiting=waiting,
            against=made_up["against"],
            released=later["approved"],
            stopped=later["held"],
            longest_seconds=round(made_up["longest"], 1),
        )

    async def _row(self, query: str, *given: str | float) -> Mapping[str, Any]:
        row = await self.database.fetchrow(query, *given)
        return dict(row or {})


@asynccontextmanager
async def accounting(database_url: str) -> AsyncIterator[Account]:
    database = await asyncpg.connect(database_url)
    try:
        yield Account(database)
    finally:
        await database.close()
