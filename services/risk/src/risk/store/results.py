"""What slow checks returned, or why they did not, as it is stored with the features."""

from collections.abc import Mapping
from typing import Any

from risk.domain.judging import Result
from risk.domain.ruleset import Unanswered


def written(results: Mapping[str, Result]) -> dict[str, Any]:
    return {
        check: {"unanswered": result.cause} if isinstance(result, Unanswered) else list(result)
        for check, result in results.items()
    }


def read(stored: Mapping[str, Any]) -> dict[str, Result]:
    return {
        check: Unanswered(result["unanswered"]) if isinstance(result, dict) else tuple(result)
        for check, result in stored.items()
    }
