"""The figures kept: those to compare with, and a line for each run there ever was."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest import report
from loadtest.baseline.comparing import Figures
from loadtest.baseline.figures import as_json, from_json

ROOT = Path(__file__).parents[4]
KEPT = ROOT / "loadtest" / "results" / "baseline.json"
HISTORY = ROOT / "loadtest" / "results" / "baseline-history.jsonl"
PLOT = ROOT / "loadtest" / "results" / "baseline.svg"


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier run."""

    commit: str
    figures: Figures


def kept(path: Path | None = None) -> Past | None:
    """Return the run to compare with, if there is one."""
    path = path or KEPT
    return _past(json.loads(path.read_text())) if path.exists() else None


def write(
    figures: Figures, about: Mapping[str, Any], regressions: Sequence[str], *, keep: bool
) -> None:
    """Add the run to the history and, where it is to be kept, compare later runs with it."""
    result = {
        **about,
        "scenarios": {
            scenario: {name: as_json(figure) for name, figure in found.items()}
            for scenario, found in figures.items()
        },
        "regressions": list(regressions),
        "machine": report.machine(),
        "commit": report.revision(ROOT),
        "kept": keep,
    }
    HISTORY.parent.mkdir(parents=True, exist_ok=True)
    with HISTORY.open("a") as history:
        history.write(json.dumps(result) + "\n")
    if keep:
        KEPT.write_text(json.dumps(result, indent=2) + "\n")


def _past(result: Mapping[str, Any]) -> Past:
    scenarios: Iterable[tuple[str, Mapping[str, Any]]] = result["scenarios"].items()
    return Past(
        result["commit"],
        {
            scenario: {name: from_json(figure) for name, figure in found.items()}
            for scenario, found in scenarios
        },
    )
