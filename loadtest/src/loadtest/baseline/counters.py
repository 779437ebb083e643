"""What the workers' own metrics say an event took, between two moments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from stack import Stack

# Each of these is an event that a worker spent time on.
SETTLED = frozenset(("handled", "duplicate", "retried", "parked"))
_SAMPLE = re.compile(r"(sluice_\w+)\{([^}]*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Count:
    busy_seconds: float = 0.0
    events: float = 0.0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.busy_seconds + other.busy_seconds, self.events + other.events)

    def __sub__(self, other: "Count") -> "Count":
        return Count(self.busy_seconds - other.busy_seconds, self.events - other.events)


def counted(stack: Stack) -> dict[str, Count]:
    """Return what each service's workers have counted since they were started."""
    counts: dict[str, Count] = {}
    for name, process in stack.processes().items():
        service, _, role = name.partition("-")
        if role.startswith("worker") and process.port:
            answer = httpx.get(f"http://127.0.0.1:{process.port}/metrics", timeout=10)
            counts[service] = counts.get(service, Count()) + read(answer.text)
    return counts


def read(text: str) -> Count:
    """Read one worker's exposition."""
    count = Count()
    for name, labels, value in _SAMPLE.findall(text):
        if name == "sluice_busy_seconds_total":
            count += Count(busy_seconds=float(value))
        elif name == "sluice_events_total" and dict(_LABEL.findall(labels))["outcome"] in SETTLED:
            count += Count(events=float(value))
    return count


def event_seconds(before: Mapping[str, Count], after: Mapping[str, Count]) -> dict[str, float]:
    """Return what an event took by service; those that had none are left out."""
    since = {service: count - before.get(service, Count()) for service, count in after.items()}
    return {
        service: count.busy_seconds / count.events
        for service, count in sorted(since.items())
        if count.events > 0
    }
