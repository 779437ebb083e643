"""What a worker says of itself at /metrics, as far as scaling needs it."""

import math
from dataclasses import dataclass
from typing import Self

from stack.board.exposition import read

_WANTED = {
    "sluice_events_total": "outcome",
    "sluice_busy_seconds_total": "",
    "sluice_backlog_events": "lane",
    "sluice_baseline_event_seconds": "",
    "sluice_database_probe_seconds": "",
}
"""Each with the label that tells its values apart."""
_SETTLED = ("handled", "duplicate", "retried", "parked")
_LANES = ("main", "backlog")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSample:
    """One worker at one moment of the monotonic clock."""

    at: float
    busy_seconds: float
    settled: float
    depths: tuple[float | None, ...]
    """Events waiting, lane by lane, as this worker measured them."""
    baseline_seconds: float | None
    probe_seconds: float | None

    @classmethod
    def read(cls, text: str, at: float) -> Self:
        found = _sums(text)
        outcomes = (found.get(("sluice_events_total", outcome), 0.0) for outcome in _SETTLED)
        return cls(
            at=at,
            busy_seconds=found.get(("sluice_busy_seconds_total", ""), 0.0),
            settled=sum(outcomes),
            depths=tuple(found.get(("sluice_backlog_events", lane)) for lane in _LANES),
            baseline_seconds=found.get(("sluice_baseline_event_seconds", "")),
            probe_seconds=found.get(("sluice_database_probe_seconds", "")),
        )


def _sums(text: str) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for sample in read(text, _WANTED.keys()):
        if not math.isnan(sample.value):
            key = (sample.name, sample.labels.get(_WANTED[sample.name], ""))
            found[key] = found.get(key, 0.0) + sample.value
    return found
