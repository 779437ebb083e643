"""What fulfillment shows of its business beside what every service shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge

from common.life_cycle import State
from common.service import Runtime
from common.telemetry.measuring import keep_measured
from fulfillment.store import figures

UNDER_WAY = (
    State.HELD,
    State.AWAITING_PAYMENT,
    State.AWAITING_ALLOCATION,
    State.BACKORDERED,
    State.ALLOCATED,
    State.PICKING,
    State.PACKED,
    State.HANDED_OVER,
    State.IN_TRANSIT,
)
"""Where orders wait or move on; in the other states they only become more."""


@dataclass
class Measures:
    registry: CollectorRegistry

    def __post_init__(self) -> None:
        self._orders = Gauge(
            "sluice_orders",
            "Orders under way, by state.",
            ["service", "state"],
            registry=self.registry,
        )

    def orders(self, counted: Mapping[State, int]) -> None:
        for state, orders in counted.items():
            self._orders.labels("fulfillment", state).set(orders)


async def keep_orders_measured(runtime: Runtime) -> None:
    """Count the orders in each state, until cancelled."""
    measures = Measures(runtime.metrics.registry)

    async def measure() -> None:
        async with runtime.works.begin() as work:
            measures.orders(await figures.orders_by_state(work.connection, UNDER_WAY))

    await keep_measured(measure, what="orders")
