"""The rule sets of the scenario: what is stable, and the same with one check too many."""

from typing import Any

from loadtest.scene.rulesets import everyday, score, with_check
from loadtest.scene.score_service import FAST, SLOW

STABLE_SCORE = "score"
NEW_SCORE = "new-score"
STABLE_BUDGET_MS, NEW_BUDGET_MS = 200, 50
"""The fast score has time enough to be answered on a busy machine, too."""
DEADLINE_SECONDS = 120


def stable(name: str = "stable") -> dict[str, Any]:
    """Return rules on amount, quantity, receiver and haste, and a score that comes fast."""
    without = everyday(f"slow-rule, {name}", budget_ms=STABLE_BUDGET_MS)
    fast = _score(STABLE_SCORE, FAST, core=False, budget_ms=STABLE_BUDGET_MS)
    return with_check(without, fast, without["name"])


def with_new_score(*, core: bool) -> dict[str, Any]:
    """Return the stable rule set with the check that asks the slow endpoint."""
    name = f"slow-rule, with {NEW_SCORE}{' as a core check' if core else ''}"
    return with_check(stable(), _score(NEW_SCORE, SLOW, core=core, budget_ms=NEW_BUDGET_MS), name)


def _score(check: str, endpoint: str, *, core: bool, budget_ms: int) -> dict[str, Any]:
    return score(check, endpoint, budget_ms=budget_ms, core=core, deadline_seconds=DEADLINE_SECONDS)
