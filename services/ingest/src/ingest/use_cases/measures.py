"""What ingest shows of its business beside what every service shows."""

from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge

from common.service import Runtime
from common.telemetry.measuring import keep_measured
from ingest.domain.draft import Draft
from ingest.store import kept_refunds, overdue, quarantine


@dataclass
class Measures:
    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._open = Gauge(
            "sluice_quarantine_open_orders",
            "Orders waiting in quarantine.",
            ["service"],
            registry=self.registry,
        )
        self._overdue = Gauge(
            "sluice_quarantine_overdue_orders",
            "Orders waiting in quarantine beyond their deadline.",
            ["service"],
            registry=self.registry,
        )
        self._untold = Gauge(
            "sluice_refunds_untold",
            "Refunds of orders closed in quarantine that nobody was told of.",
            ["service"],
            registry=self.registry,
        )
        self._value = Counter(
            "sluice_order_value_minor",
            "What orders that were let in are worth, in minor units.",
            ["service", "currency"],
            registry=self.registry,
        )

    def waiting(self, orders: int, overdue: int, untold: int) -> None:
        self._open.labels("ingest").set(orders)
        self._overdue.labels("ingest").set(overdue)
        self._untold.labels("ingest").set(untold)

    def let_in(self, draft: Draft) -> None:
        """Add up what an order is worth that validation has let in."""
        currency, payable = draft.currency, draft.amounts.payable_minor
        if currency and payable:
            self._value.labels("ingest", currency.strip().upper()).inc(payable)


async def keep_quarantine_measured(runtime: Runtime, time: timedelta) -> None:
    """Count what waits in quarantine, and what waits beyond its time, until cancelled."""
    measures = Measures(runtime.metrics.registry)

    async def measure() -> None:
        async with runtime.works.begin() as work:
            waiting = await quarantine.count_open(work.connection)
            late = await overdue.count(work.connection, work.now - time)
            untold = await kept_refunds.count_untold(work.connection)
        measures.waiting(waiting, late, untold)

    await keep_measured(measure, what="quarantine")


@dataclass
class ImportMeasures:
    """What became of the rows of files."""

    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._rows = Counter(
            "sluice_import_rows",
            "Rows of files by what became of their order.",
            ["service", "outcome"],
            registry=self.registry,
        )

    def rows(self, outcome: str, count: int) -> None:
        """Count rows: accepted, duplicate, updated, quarantined, refused or unreadable."""
        if count:
            self._rows.labels("ingest", outcome).inc(count)
