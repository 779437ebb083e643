"""What was in force before the incident, and the release that caused it."""

from typing import Any

from loadtest.scene.rulesets import everyday, score, with_check
from loadtest.scene.score_service import SLOW

NEW_CHECK = "new-score"
BUDGET_MS = 50
DEADLINE_SECONDS = 900
CONCURRENCY = 64
"""As many as a check may have: the re-check gets a quarter of them on top."""


def good() -> dict[str, Any]:
    """Return rules that need nothing but the order and what is stored of its receiver."""
    return everyday("incident, before", budget_ms=BUDGET_MS)


def bad() -> dict[str, Any]:
    """Return the same with a check that asks an endpoint which takes 1.2 s."""
    check = score(
        NEW_CHECK,
        SLOW,
        budget_ms=BUDGET_MS,
        core=False,
        deadline_seconds=DEADLINE_SECONDS,
        concurrency=CONCURRENCY,
    )
    return with_check(good(), check, "incident, the release that takes 1.2 s")
