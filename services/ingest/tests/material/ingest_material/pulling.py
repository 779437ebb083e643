"""The worker's asking of channels without the worker: each task by itself."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from common.database.work import WorkFactory
from common.telemetry.metrics import Metrics
from ingest.store.tables import carried
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.completeness import Completeness
from ingest.use_cases.fetching import Fetching
from ingest.use_cases.filing import Filing
from ingest.use_cases.polling import Polling
from ingest.use_cases.pull_measures import PullMeasures
from ingest.use_cases.subscribing import Address, Subscribing


@dataclass
class Pull:
    metrics: Metrics
    fetching: Fetching
    polling: Polling
    completeness: Completeness
    subscribing: Subscribing

    def counted(self, name: str, **labels: str) -> float:
        """Return what a metric says."""
        found = self.metrics.registry.get_sample_value(name, {"service": "ingest"} | labels)
        return 0.0 if found is None else found


def pull_of(engine: AsyncEngine, *, lease_seconds: float = 60.0) -> Pull:
    metrics = Metrics("ingest")
    filing = Filing(WorkFactory(engine, carried), ActiveMappings(engine), lambda _: None, metrics)
    measures = PullMeasures(metrics.registry)

    def address_of(shop: object) -> Address:
        del shop
        return Address("https://orders.example.com/hook", "secret")

    return Pull(
        metrics,
        Fetching(filing, measures),
        Polling(filing, lease_seconds),
        Completeness(filing, delay=timedelta(0), length=timedelta(seconds=5)),
        Subscribing(filing, measures, address_of),
    )
