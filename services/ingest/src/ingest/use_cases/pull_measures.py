"""What asking channels shows of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge

_SERVICE = "ingest"


class PullMeasures:
    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"sluice_{name}", text, ["service", *labels], registry=registry)

        def counter(name: str, text: str) -> Counter:
            return Counter(f"sluice_{name}", text, ["service", "channel"], registry=registry)

        self._waiting = gauge("fetches_waiting", "Orders waiting to be fetched from their channel.")
        self._without_api = gauge(
            "fetches_without_api", "Those of them whose shop has no API configured."
        )
        self._failures = counter(
            "fetch_failures", "Orders that a channel could not be brought to give, each time."
        )
        self._late = counter(
            "orders_late", "Orders that came because their channel's list had them."
        )
        self._missing = gauge(
            "orders_missing", "Orders that a channel lists and that are not here.", "channel"
        )
        self._failing = gauge(
            "pull_failures", "How often in a row a shop could not be read.", "channel", "task"
        )
        self._subscribed = counter(
            "webhooks_registered", "Webhooks that a channel had ceased to call, made anew."
        )

    def begin(self, channel: str) -> None:
        """Show the counters of a channel from their beginning: a first increase is one, too."""
        for counter in (self._failures, self._late, self._subscribed):
            counter.labels(_SERVICE, channel)

    def waiting(self, orders: int, without_api: int) -> None:
        self._waiting.labels(_SERVICE).set(orders)
        self._without_api.labels(_SERVICE).set(without_api)

    def missing(self, channel: str, orders: int) -> None:
        self._missing.labels(_SERVICE, channel).set(orders)

    def failing(self, channel: str, task: str, times: int) -> None:
        self._failing.labels(_SERVICE, channel, task).set(times)

    def fetch_failed(self, channel: str) -> None:
        self._failures.labels(_SERVICE, channel).inc()

    def came_late(self, channel: str, orders: int) -> None:
        self._late.labels(_SERVICE, channel).inc(orders)

    def subscribed_again(self, channel: str, topics: int) -> None:
        self._subscribed.labels(_SERVICE, channel).inc(topics)
