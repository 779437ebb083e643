"""The rule sets that decide, compiled once and looked after between batches."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from cachetools import LRUCache

from common.clock import monotonic_seconds
from common.database.work import Work
from common.errors import Transient
from risk.domain.assessment import Arm
from risk.domain.release import Release
from risk.domain.ruleset import Check, RuleSet
from risk.store import baselines, changes, rulesets
from risk.store.changes import Change
from risk.store.compiled import Faulty, compiled, read

COMPILED_MAX = 16
HISTORY_MAX = 50
"""How far back a readable rule set is looked for when the one in force is not."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Loaded:
    id: str
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class InForce:
    """What decides a whole batch; never changed, only replaced."""

    change: UUID
    release: Release
    """What this process really decides by: without a candidate that it cannot read."""
    stable: Loaded
    candidate: Loaded | None
    baselines: Mapping[str, float]
    """Fingerprint of a check -> seconds it takes when it is well."""
    trouble: str | None = None
    """What this process cannot follow, and why."""

    def of(self, arm: Arm) -> Loaded:
        return self.candidate if arm is Arm.CANARY and self.candidate else self.stable

    def checks(self) -> list[Check]:
        """Return the checks of both rule sets."""
        candidate = () if self.candidate is None else self.candidate.rules.checks
        return [*self.stable.rules.checks, *candidate]

    def fingerprints(self) -> frozenset[str]:
        return frozenset(check.fingerprint for check in self.checks())


@dataclass(slots=True)
class ActiveRules:
    refresh_seconds: float
    """How old the answer may be."""
    in_force: InForce | None = None
    _asked_at: float = 0.0
    _compiled: LRUCache[str, RuleSet] = field(default_factory=lambda: LRUCache(COMPILED_MAX))

    async def current(self, work: Work) -> InForce:
        """Return what decides now.

        Raises:
            Transient: there is no rule set at all that this version can read; another may.
        """
        now = monotonic_seconds()
        held = self.in_force
        if held is None or now - self._asked_at >= self.refresh_seconds:
            held = await self._refreshed(work, held)
            self.in_force, self._asked_at = held, now
        return held

    async def load(self, work: Work, ruleset: str) -> RuleSet:
        """Return a published rule set, compiled.

        Raises:
            Faulty: it is not there, or this version cannot read it.
        """
        known = self._compiled.get(ruleset)
        if known is not None:
            return known
        record = await rulesets.find(work.connection, ruleset)
        if record is None:
            raise Faulty([])
        rules = self._compiled[ruleset] = compiled(read(record.document), cost_max=math.inf)
        return rules

    async def _refreshed(self, work: Work, held: InForce | None) -> InForce:
        stamp = await changes.stamp(work.connection)
        if held is not None and stamp == held.change:
            return held
        try:
            change = await changes.in_force(work.connection)
        except ValueError as error:  # of a kind, or at a stage, that only a later version knows
            if held is None or stamp is None:
                raise Transient("This version cannot read the change in force.") from None
            return _unchanged(held, stamp, f"cannot read the change in force: {error}"[:500])
        if change is None:
            raise Transient("No rule set is active.")
        known = await baselines.all_of(work.connection)
        try:
            stable = Loaded(change.release.stable, await self.load(work, change.release.stable))
        except Faulty as error:
            return await self._instead(work, change, held, _trouble(change.release.stable, error))
        try:
            candidate = await self._candidate(work, change.release)
        except Faulty as error:
            trouble = _trouble(change.release.candidate, error)
            return InForce(change.id, change.release.steady(), stable, None, known, trouble)
        return InForce(change.id, change.release, stable, candidate, known)

    async def _candidate(self, work: Work, release: Release) -> Loaded | None:
        if release.candidate is None:
            return None
        return Loaded(release.candidate, await self.load(work, release.candidate))

    async def _instead(
        self, work: Work, change: Change, held: InForce | None, trouble: str
    ) -> InForce:
        """Go on by what decided before: an unreadable rule set must not stop orders."""
        if held is not None:
            return _unchanged(held, change.id, trouble)
        earlier = await changes.page(work.connection, change.id, HISTORY_MAX)
        for ruleset in _distinct(each.release.stable for each in earlier):
            try:
                rules = await self.load(work, ruleset)
            except Faulty:
                continue
            known = await baselines.all_of(work.connection)
            release, loaded = Release(stable=ruleset), Loaded(ruleset, rules)
            return InForce(change.id, release, loaded, None, known, trouble)
        raise Transient("No rule set is active that this version can read.")


def _unchanged(held: InForce, change: UUID, trouble: str) -> InForce:
    """Go on by what decides now, but for the candidate."""
    steady = held.release.steady()
    return replace(held, change=change, release=steady, candidate=None, trouble=trouble)


def _trouble(ruleset: str | None, error: Faulty) -> str:
    log.error("ruleset.unreadable", ruleset=ruleset, faults=str(error))
    return f"cannot read rule set {ruleset}: {error}"[:500]


def _distinct(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)
