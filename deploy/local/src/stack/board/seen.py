"""What the board has seen at one moment, before anything follows from it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stack.board.exposition import Sample
from stack.board.process_figures import History
from stack.services import SERVICES
from stack.state import Process

_NAME = re.compile(r"(.+)-(api|worker)(?:-\d+)?")
QUEUE_METRICS = {
    "rabbitmq_detailed_queue_messages": "messages",
    "rabbitmq_detailed_queue_consumers": "consumers",
}
ALARM_METRICS = {
    "rabbitmq_alarms_memory_used_watermark": "memory",
    "rabbitmq_alarms_free_disk_space_watermark": "disk",
    "rabbitmq_alarms_file_descriptor_limit": "files",
}


@dataclass(frozen=True, slots=True)
class SeenProcess:
    """One process as the stack records it, and what it says of itself."""

    record: Process
    history: History

    @property
    def answers(self) -> bool:
        return self.history.last is not None

    @property
    def service(self) -> str | None:
        """Whose process it is; None for the servers."""
        match = _NAME.fullmatch(self.record.name)
        return match[1] if match else None

    @property
    def is_worker(self) -> bool:
        match = _NAME.fullmatch(self.record.name)
        return match is not None and match[2] == "worker"


@dataclass(frozen=True, slots=True)
class Broker:
    queues: dict[str, dict[str, int]] = field(default_factory=dict)
    """Messages and consumers of each queue."""
    alarms: tuple[str, ...] = ()


def broker_of(samples: Iterable[Sample]) -> Broker:
    queues: dict[str, dict[str, int]] = {}
    alarms = set()
    for sample in samples:
        if what := QUEUE_METRICS.get(sample.name):
            queues.setdefault(sample.labels.get("queue", ""), {})[what] = int(sample.value)
        elif (alarm := ALARM_METRICS.get(sample.name)) and sample.value > 0:
            alarms.add(alarm)
    return Broker(queues, tuple(sorted(alarms)))


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    severity: str
    state: str
    since: str
    labels: Mapping[str, str]
    summary: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Seen:
    at: float
    processes: tuple[SeenProcess, ...]
    broker: Broker | None
    """None while it does not answer, or where it shows no metrics."""
    alerts: tuple[Alert, ...] | None
    """None where no Prometheus runs."""

    def services(self) -> list[str]:
        """Return the services there are, in the order in which an order meets them."""
        known = [service.name for service in SERVICES]
        there = {p.service for p in self.processes if p.service}
        return [*(n for n in known if n in there), *sorted(there - set(known))]

    def of(self, service: str, *, workers: bool) -> list[SeenProcess]:
        found = (p for p in self.processes if p.service == service)
        return [p for p in found if p.is_worker is workers]

    def gauges(self, name: str, service: str | None = None) -> dict[str, float]:
        """Return the largest value anybody shows of each of the gauge's labels.

        Processes that look at the same thing should agree; the one that sees most is believed.
        """
        largest: dict[str, float] = {}
        for key, value in self._all_gauges(service):
            base, _, label = key.partition(".")
            if base == name:
                largest[label] = max(value, largest.get(label, value))
        return largest

    def gauge(self, name: str, service: str) -> float | None:
        values = self.gauges(name, service).values()
        return max(values, default=None)

    def rate(self, key: str, service: str) -> float:
        mine = (p for p in self.processes if p.service == service)
        return sum(process.history.rate(key) for process in mine)

    def _all_gauges(self, service: str | None) -> Iterator[tuple[str, float]]:
        for process in self.processes:
            if service in (None, process.service) and (last := process.history.last):
                yield from last.gauges.items()
