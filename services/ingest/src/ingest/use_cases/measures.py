"""What ingest shows of its business beside what every service shows."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from common.service import Runtime
from common.telemetry.measuring import keep_measured
from ingest.domain.draft import Draft
from ingest.store import quarantine


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
        self._value = Counter(
            "sluice_order_value_minor",
            "What orders that were let in are worth, in minor units.",
            ["service", "currency"],
            registry=self.registry,
        )

    def waiting(self, orders: int) -> None:
        self._open.labels("ingest").set(orders)

    def let_in(self, draft: Draft) -> None:
        """Add up what an order is worth that validation has let in."""
        currency, payable = draft.currency, draft.amounts.payable_minor
        if currency and payable:
            self._value.labels("ingest", currency.strip().upper()).inc(payable)


async def keep_quarantine_measured(runtime: Runtime) -> None:
    """Count what waits in quarantine, until cancelled."""
    measures = Measures(runtime.metrics.registry)

    async def measure() -> None:
        async with runtime.works.begin() as work:
            measures.waiting(await quarantine.count_open(work.connection))

    await keep_measured(measure, what="quarantine")
