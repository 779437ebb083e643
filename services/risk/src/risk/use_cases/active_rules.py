"""The rule set in force, compiled once and looked after between batches."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from common.clock import monotonic_seconds
from common.database.work import Work
from common.errors import Transient
from risk.domain.ruleset import RuleSet
from risk.store import changes, rulesets
from risk.store.documents import RuleSetDocument


@dataclass(frozen=True, slots=True)
class ActiveRuleSet:
    """What decides a whole batch; never changed, only replaced."""

    id: str
    changed_at: datetime
    rules: RuleSet


@dataclass(slots=True)
class ActiveRules:
    refresh_seconds: float
    """How old the answer may be."""
    _active: ActiveRuleSet | None = None
    _asked_at: float = 0.0

    async def current(self, work: Work) -> ActiveRuleSet:
        """Return the rule set in force.

        Raises:
            Transient: there is none, or none that this version can read; another may.
        """
        now = monotonic_seconds()
        active = self._active
        if active is None or now - self._asked_at >= self.refresh_seconds:
            active = await _refreshed(work, active)
            self._active, self._asked_at = active, now
        return active


async def _refreshed(work: Work, held: ActiveRuleSet | None) -> ActiveRuleSet:
    stamp = await changes.stamp(work.connection)
    if stamp is None:
        raise Transient("No rule set is active.")
    if held is not None and stamp == (held.id, held.changed_at):
        return held
    ruleset_id, changed_at = stamp
    record = await rulesets.find(work.connection, ruleset_id)
    if record is None:
        raise Transient("The active rule set is not there.")
    try:
        document = RuleSetDocument.model_validate(record.document)
    except ValidationError:
        raise Transient(f"This version cannot read the active rule set {ruleset_id}.") from None
    return ActiveRuleSet(ruleset_id, changed_at, document.compiled())
