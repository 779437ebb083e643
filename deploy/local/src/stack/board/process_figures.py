"""What one process says of itself at one moment, and how fast its counters rise."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from stack.board.exposition import Sample

WINDOW_SECONDS = 10.0
ENDS = 2
"""A rate needs a beginning and an end."""
SETTLED = {"handled", "duplicate", "retried", "parked"}

GAUGES = {
    "sluice_backlog_events": "lane",
    "sluice_in_hand_events": "",
    "sluice_oldest_age_seconds": "",
    "sluice_outbox_lag_seconds": "",
    "sluice_outbox_events": "",
    "sluice_consuming": "",
    "sluice_drain_seconds": "",
    "sluice_baseline_event_seconds": "",
    "sluice_database_probe_seconds": "",
    "sluice_recovery_state": "",
    "sluice_breaker_state": "check",
    "sluice_canary_percent": "",
    "sluice_ruleset_info": "arm",
    "sluice_ruleset_trouble": "",
    "sluice_deferred_checks": "check",
    "sluice_deferred_deadline_seconds": "check",
    "sluice_ledger_open_events": "reader",
    "sluice_ledger_missing_events": "reader",
    "sluice_ledger_lost_events": "reader",
    "sluice_ledger_lag_seconds": "reader",
    "sluice_admission_waiting": "",
    "sluice_quarantine_open_orders": "",
    "sluice_orders": "state",
    "sluice_differences_open": "kind",
    "sluice_difference_minor": "currency",
    "process_resident_memory_bytes": "",
}
"""Each with the label that tells its values apart."""
COUNTERS = {
    "sluice_events_total",
    "sluice_orders_received_total",
    "sluice_http_seconds_count",
    "sluice_busy_seconds_total",
    "sluice_http_shed_total",
    "sluice_recovery_events_total",
    "sluice_ledger_reemitted_total",
    "process_cpu_seconds_total",
}
WANTED = GAUGES.keys() | COUNTERS


@dataclass(frozen=True, slots=True)
class Scrape:
    """What was read at once; keys are a name, and after a dot what its label says."""

    at: float
    gauges: dict[str, float]
    counters: dict[str, float]
    rulesets: dict[str, str] = field(default_factory=dict)
    """The rule set of each arm."""


def scrape_of(at: float, samples: Iterable[Sample]) -> Scrape:
    gauges: dict[str, float] = {}
    counters: dict[str, float] = {}
    rulesets: dict[str, str] = {}
    for sample in samples:
        name, labels = sample.name, sample.labels
        if name in COUNTERS:
            for key in _keys(name, labels):
                counters[key] = counters.get(key, 0.0) + sample.value
        elif name in GAUGES and not math.isnan(sample.value):
            label = labels.get(GAUGES[name], "")
            gauges[f"{name}.{label}" if label else name] = sample.value
            if name == "sluice_ruleset_info":
                rulesets[label] = labels.get("ruleset", "")
    return Scrape(at, gauges, counters, rulesets)


def _keys(name: str, labels: dict[str, str]) -> Iterable[str]:
    """Under which keys a counter is added up."""
    match name:
        case "sluice_events_total":
            outcome = labels.get("outcome", "")
            return ("settled",) if outcome in SETTLED else (outcome,)
        case "sluice_orders_received_total":
            return (f"orders.{labels.get('status')}",)
        case "sluice_http_seconds_count" if not labels.get("route", "").startswith("/v1"):
            return ()  # probes and the like
        case "sluice_http_seconds_count":
            failed = ("failed",) if labels.get("status", "").startswith("5") else ()
            return ("requests", *failed)
        case "sluice_recovery_events_total":
            return (f"recovery.{labels.get('step')}",)
        case _:
            return (name,)


class History:
    """The last seconds of one process."""

    def __init__(self) -> None:
        self._scrapes: deque[Scrape] = deque()

    @property
    def last(self) -> Scrape | None:
        return self._scrapes[-1] if self._scrapes else None

    def note(self, scrape: Scrape) -> None:
        self._scrapes.append(scrape)
        while len(self._scrapes) > ENDS and self._scrapes[1].at <= scrape.at - WINDOW_SECONDS:
            self._scrapes.popleft()

    def forget(self) -> None:
        """It did not answer: what it said before is not so now."""
        self._scrapes.clear()

    def rate(self, key: str) -> float:
        """By how much the counter rose a second; one that fell has begun again with its process."""
        if len(self._scrapes) < ENDS:
            return 0.0
        values = [scrape.counters.get(key, 0.0) for scrape in self._scrapes]
        risen = sum(
            after - before if after >= before else after for before, after in pairwise(values)
        )
        seconds = self._scrapes[-1].at - self._scrapes[0].at
        return risen / seconds if seconds > 0 else 0.0
