"""What reconciliation shows of its business beside what every service shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge

from common.service import Runtime
from common.telemetry.measuring import keep_measured
from reconciliation.domain.differences import Kind
from reconciliation.store import figures
from reconciliation.store.figures import Open


@dataclass
class Measures:
    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._open = Gauge(
            "sluice_differences_open",
            "Money that does not agree: findings of the last 31 days, by kind.",
            ["service", "kind"],
            registry=self.registry,
        )
        self._money = Gauge(
            "sluice_difference_minor",
            "Their amounts added up whatever their sign, in minor units; without what is pending.",
            ["service", "currency"],
            registry=self.registry,
        )

    def differences(self, found: Sequence[Open]) -> None:
        self._money.clear()
        for kind in Kind:
            count = sum(one.count for one in found if one.kind is kind)
            self._open.labels("reconciliation", kind).set(count)
        for currency in {one.currency for one in found}:
            due = (o for o in found if o.currency == currency and o.kind is not Kind.PENDING)
            self._money.labels("reconciliation", currency).set(sum(o.minor for o in due))


async def keep_differences_measured(runtime: Runtime) -> None:
    """Add up what does not agree, until cancelled."""
    measures = Measures(runtime.metrics.registry)

    async def measure() -> None:
        async with runtime.works.begin() as work:
            measures.differences(await figures.open_differences(work.connection, work.now))

    await keep_measured(measure, what="differences")
