"""Makes a decision again from what was kept of it: the same, bit for bit, or something is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.database.work import Work
from risk.domain.assessment import FIRST, Assessment
from risk.domain.decision import Decision
from risk.domain.deferral import revised
from risk.domain.judging import answers_to
from risk.domain.ruleset import OVER_EXPOSURE_CAP, RuleSet, conclude
from risk.store import assessments, results, snapshots
from risk.store.compiled import Faulty
from risk.store.snapshots import Snapshot
from risk.use_cases.active_rules import ActiveRules
from risk.use_cases.shadowing import case_of


@dataclass(frozen=True, slots=True)
class Replayed:
    stored: Assessment
    again: Decision | None
    """None: it cannot be made again, and why_not tells."""
    why_not: str = ""

    @property
    def same(self) -> bool:
        return self.again == self.stored.decision


async def replay(work: Work, rules: ActiveRules, order_id: UUID) -> list[Replayed]:
    """Make every decision about the order again, the first one first."""
    history = await assessments.history(work.connection, order_id)
    taken = {s.decision_no: s for s in await snapshots.of_order(work.connection, order_id)}
    return [await _again(work, rules, history[: place + 1], taken) for place in range(len(history))]


async def _again(
    work: Work,
    rules: ActiveRules,
    history: Sequence[Assessment],
    taken: dict[int, Snapshot],
) -> Replayed:
    stored = history[-1]
    snapshot = taken.get(stored.decision_no)
    if stored.is_review:
        return Replayed(stored, None, "a person decided")
    if snapshot is None:
        return Replayed(stored, None, "its features are not kept any more")
    try:
        ruleset = await rules.load(work, stored.ruleset)
    except Faulty:
        return Replayed(stored, None, "this version cannot read its rule set")
    return Replayed(stored, decided_again(ruleset, history, snapshot))


def decided_again(ruleset: RuleSet, history: Sequence[Assessment], snapshot: Snapshot) -> Decision:
    """Decide by the features and results in the snapshot. Pure."""
    stored = history[-1]
    known = results.read(snapshot.results)
    answers = answers_to(ruleset.checks, snapshot.values, known)
    if stored.decision_no > FIRST:
        return revised(history[-2].decision, answers)
    reasons = stored.decision.reasons
    # How much was exposed at that moment is gone; which checks had too much is in the reasons.
    over = {reason.check for reason in reasons if reason.code == OVER_EXPOSURE_CAP}
    return conclude(ruleset, answers, case_of(snapshot).stake, over)
