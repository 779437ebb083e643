"""What the ledger shows: how many events are not known to be taken up, by reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from common.database.ledger_answers import Figures


@dataclass
class LedgerMeasures:
    """Shown by the worker whose turn it is; the others show nothing of a reader."""

    service: str
    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._open = self._gauge("open_events", "Events not taken up: missing or set aside.")
        self._missing = self._gauge("missing_events", "Of those, missing at the reader.")
        self._lost = self._gauge("lost_events", "Of those, emitted again 3 times or more, in vain.")
        self._lag = self._gauge("lag_seconds", "Age of the oldest event missing or unanswered.")
        self._emitted = Counter(
            "sluice_ledger_reemitted",
            "Events emitted again.",
            ["service", "reader"],
            registry=self.registry,
        )

    def emitted_again(self, reader: str, events: int) -> None:
        self._emitted.labels(self.service, reader).inc(events)

    def show(self, accounts: Sequence[Figures], now: datetime) -> None:
        for gauge in (self._open, self._missing, self._lost, self._lag):
            gauge.clear()
        for each in accounts:
            labels = (self.service, each.reader)
            self._open.labels(*labels).set(each.open)
            self._missing.labels(*labels).set(each.missing)
            self._lost.labels(*labels).set(each.lost)
            lag = (now - each.oldest).total_seconds() if each.oldest else 0.0
            self._lag.labels(*labels).set(max(lag, 0.0))
            self._emitted.labels(*labels)

    def _gauge(self, name: str, text: str) -> Gauge:
        labels = ["service", "reader"]
        return Gauge(f"sluice_ledger_{name}", text, labels, registry=self.registry)
