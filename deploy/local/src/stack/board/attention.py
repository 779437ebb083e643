"""What a person should look at, worst first: the alerts' limits, without their patience."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stack.board.seen import Seen
from stack.board.service_look import DOOR, ServiceLook

BACKLOG_MAX = 10_000
BACKLOG_SMALL = 100
DRAIN_SECONDS_MAX = 300.0
OLDEST_SECONDS_MAX = 120.0
OUTBOX_SECONDS_MAX = 30.0
SLOWER_THAN_BASELINE = 3.0
BUSY_MIN = 0.8
"""Who has time takes small batches, which cost more for each event: that is not slow."""
DEADLINE_SECONDS_MIN = 120.0
FAILED_SHARE_MAX = 0.01
OPEN_LEVEL = 1.0

BAD, WARN, NOTE = "bad", "warn", "note"
_RANK = {BAD: 0, WARN: 1, NOTE: 2}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at; the page has the words for each code."""

    code: str
    level: str
    subject: str = ""
    value: float | None = None


def notices(seen: Seen, services: Iterable[ServiceLook], risk: dict[str, Any]) -> list[Notice]:
    found = [
        *(notice for service in services for notice in _of_service(service)),
        *_of_processes(seen),
        *_of_broker(seen),
        *_of_risk(risk),
    ]
    return sorted(found, key=lambda notice: _RANK[notice.level])


def _of_service(s: ServiceLook) -> Iterator[Notice]:
    yield from _of_backlog(s)
    yield from _of_delivery(s)
    yield from _of_ledger(s)
    if s.workers < s.workers_planned or not s.workers_planned:
        level = WARN if s.workers else BAD
        yield Notice("workers_away", level, s.name, s.workers_planned - s.workers)
    elif s.name != DOOR and not s.consuming:
        yield Notice("no_consumer", BAD, s.name)
    if s.requests_rate and s.failed_rate / s.requests_rate > FAILED_SHARE_MAX:
        yield Notice("requests_fail", BAD, s.name, s.failed_rate / s.requests_rate)
    if s.shed_rate:
        yield Notice("requests_shed", WARN, s.name, s.shed_rate)


def _of_backlog(s: ServiceLook) -> Iterator[Notice]:
    waiting = s.waiting or 0.0
    if waiting > BACKLOG_MAX:
        yield Notice("backlog", BAD, s.name, waiting)
    if waiting > BACKLOG_SMALL and s.drain_seconds is None:
        yield Notice("no_progress", BAD, s.name, waiting)
    elif waiting > BACKLOG_SMALL and (s.drain_seconds or 0.0) > DRAIN_SECONDS_MAX:
        yield Notice("drain_long", WARN, s.name, s.drain_seconds)
    if (s.oldest_seconds or 0.0) > OLDEST_SECONDS_MAX:
        yield Notice("oldest", WARN, s.name, s.oldest_seconds)
    if s.event_seconds and s.baseline_seconds and s.busy >= BUSY_MIN:
        times = s.event_seconds / s.baseline_seconds
        if times >= SLOWER_THAN_BASELINE:
            yield Notice("slow", WARN, s.name, times)


def _of_delivery(s: ServiceLook) -> Iterator[Notice]:
    if s.lanes.get("parked"):
        yield Notice("parked", WARN, s.name, s.lanes["parked"])
    if s.outbox_lag_seconds > OUTBOX_SECONDS_MAX:
        yield Notice("outbox", BAD, s.name, s.outbox_lag_seconds)
    if s.recovery:
        yield Notice("recovery", NOTE, s.name, s.lanes.get("backlog", 0.0))


def _of_ledger(s: ServiceLook) -> Iterator[Notice]:
    if s.ledger.get("lost"):
        yield Notice("ledger_lost", BAD, s.name, s.ledger["lost"])
    elif s.ledger.get("missing"):
        yield Notice("ledger_missing", WARN, s.name, s.ledger["missing"])


def _of_processes(seen: Seen) -> Iterator[Notice]:
    for process in seen.processes:
        # Workers are counted above; of the others each is named.
        if not process.record.is_ready and not process.is_worker:
            yield Notice("process_away", BAD, process.record.name)


def _of_broker(seen: Seen) -> Iterator[Notice]:
    if seen.broker is None:
        return
    for alarm in seen.broker.alarms:
        yield Notice("broker_alarm", BAD, alarm)
    unrouted = seen.broker.queues.get("sluice.unrouted", {}).get("messages", 0)
    if unrouted:
        yield Notice("unrouted", BAD, value=unrouted)


def _of_risk(risk: dict[str, Any]) -> Iterator[Notice]:
    for check, level in risk["breakers"].items():
        if level >= OPEN_LEVEL:
            yield Notice("breaker_open", WARN, check)
    if risk["trouble"]:
        yield Notice("ruleset_trouble", BAD)
    for check, one in risk["deferred"].items():
        if one["orders"] and one["deadline_seconds"] < DEADLINE_SECONDS_MIN:
            yield Notice("deferred", BAD, check, one["deadline_seconds"])
