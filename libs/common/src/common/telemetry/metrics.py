"""The metrics of a service, by its name, so that no two places spell one differently.

Labels are service, event, outcome, lane, route: never anything that names a person or an order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 400)


@dataclass
class Metrics:
    service: str
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._messages = self._counter(
            "events", "Events by what became of them.", "event", "outcome"
        )
        self._batch_size = self._histogram("batch_events", "Events in a batch.", _SIZES)
        self._handle = self._histogram(
            "handle_seconds", "A batch, receipt to commit.", _SECONDS, "event"
        )
        self._backlog = self._gauge(
            "backlog_events", "Events waiting in the broker's queues.", "lane"
        )
        self._in_hand = self._gauge("in_hand_events", "Events delivered here and not yet settled.")
        self._oldest = self._gauge(
            "oldest_age_seconds", "Age of the oldest event in the last batch."
        )
        self._lag = self._gauge("outbox_lag_seconds", "Age of the oldest unpublished event.")
        self._waiting = self._gauge("outbox_events", "Events not yet confirmed by the broker.")
        self._consuming = self._gauge("consuming", "1 while the consumer is alive.")
        self._measure_recovery()
        self._measure_requests()

    def _measure_recovery(self) -> None:
        self._busy = self._counter("busy_seconds", "Time a worker spent on batches.")
        self._baseline = self._gauge(
            "baseline_event_seconds", "What an event took when the baseline was measured."
        )
        self._probe = self._gauge(
            "database_probe_seconds", "How long the database took over nothing at all."
        )
        self._drain = self._gauge("drain_seconds", "When all that waits is settled, at this rate.")
        self._recovery = self._gauge("recovery_state", "0 off, 1 on, 2 finishing.")
        self._recovered = self._counter(
            "recovery_events", "Events moved out of the queue, and settled from the table.", "step"
        )

    def _measure_requests(self) -> None:
        self._requests = self._histogram(
            "http_seconds", "HTTP requests.", _SECONDS, "route", "status"
        )
        self._received = self._counter(
            "orders_received", "Orders by channel and status.", "channel", "status"
        )
        self._shed = self._counter(
            "http_shed", "Requests sent away so that orders get through.", "kind"
        )
        for kind in ("orders", "other"):  # nothing was shed yet: that is a figure, too
            self._shed.labels(self.service, kind)
        self._queueing = self._gauge("admission_waiting", "Requests waiting for a commit.")

    def settled(self, event: str, outcome: str, count: int = 1) -> None:
        """Count events that ended: handled, duplicate, retried, parked, split."""
        self._messages.labels(self.service, event, outcome).inc(count)

    def published(self, event: str, count: int) -> None:
        self._messages.labels(self.service, event, "published").inc(count)

    def publish_failed(self, event: str, count: int) -> None:
        self._messages.labels(self.service, event, "publish_failed").inc(count)

    def swept(self, count: int) -> None:
        self._messages.labels(self.service, "any", "swept").inc(count)

    def batch(self, events: int, oldest: datetime | None, now: datetime) -> None:
        self._batch_size.labels(self.service).observe(events)
        self._oldest.labels(self.service).set((now - oldest).total_seconds() if oldest else 0)

    def idle(self) -> None:
        """Tell that nothing waits: the last batch's age is no news any more."""
        self._oldest.labels(self.service).set(0)

    def handled_in(self, events: Iterable[str], seconds: float) -> None:
        for event in events:
            self._handle.labels(self.service, event).observe(seconds)

    def backlog(self, lane: str, events: float) -> None:
        self._backlog.labels(self.service, lane).set(events)

    def busy(self, seconds: float) -> None:
        self._busy.labels(self.service).inc(seconds)

    def baseline(self, event_seconds: float) -> None:
        self._baseline.labels(self.service).set(event_seconds)

    def database_answered_in(self, seconds: float) -> None:
        self._probe.labels(self.service).set(seconds)

    def drains_in(self, seconds: float) -> None:
        self._drain.labels(self.service).set(seconds)

    def recovering(self, state: int) -> None:
        """Tell the state of the recovery: 0 off, 1 on, 2 finishing."""
        self._recovery.labels(self.service).set(state)

    def recovered(self, step: str, events: int) -> None:
        """Count events moved out of the queue, and those settled from the table."""
        self._recovered.labels(self.service, step).inc(events)

    def in_hand(self, events: int) -> None:
        self._in_hand.labels(self.service).set(events)

    def outbox(self, *, lag_seconds: float, waiting: int) -> None:
        self._lag.labels(self.service).set(lag_seconds)
        self._waiting.labels(self.service).set(waiting)

    def consuming(self, *, alive: bool) -> None:
        self._consuming.labels(self.service).set(int(alive))

    def request(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(self.service, route, str(status)).observe(seconds)

    def shed(self, kind: str) -> None:
        """Count a request that was sent away: orders, other."""
        self._shed.labels(self.service, kind).inc()

    def queueing(self, requests: int) -> None:
        self._queueing.labels(self.service).set(requests)

    def received(self, channel: str, status: str, count: int = 1) -> None:
        """Count what intake answered: accepted, duplicate, updated, quarantined."""
        self._received.labels(self.service, channel, status).inc(count)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sluice_{name}", text, ("service", *labels), registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"sluice_{name}", text, ("service", *labels), registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(
            f"sluice_{name}",
            text,
            ("service", *labels),
            registry=self.registry,
            buckets=tuple(buckets),
        )
