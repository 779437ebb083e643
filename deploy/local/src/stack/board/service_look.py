"""How one service is doing: what waits, what comes and goes, and when it will be through."""

from collections import deque
from dataclasses import dataclass

from stack.board.process_figures import ENDS, WINDOW_SECONDS
from stack.board.seen import Seen

LANES = ("main", "retry", "parked", "backlog")
WAITING_LANES = ("main", "backlog")
PACK_EVENTS_MAX = 50.0
DOOR = "ingest"
"""It takes orders by HTTP and consumes nothing: what waits there is what is not published yet."""


@dataclass(frozen=True, slots=True)
class ServiceLook:
    name: str
    workers: int
    workers_planned: int
    apis: int
    apis_planned: int
    consuming: int
    waiting: float | None
    lanes: dict[str, float]
    in_hand: float
    in_rate: float
    out_rate: float
    drain_seconds: float | None
    """None: never, at this rate."""
    oldest_seconds: float | None
    busy: float
    """Which part of their time its workers are at it."""
    event_seconds: float | None
    baseline_seconds: float | None
    database_seconds: float | None
    recovery: int
    recovery_rate: float
    outbox: float
    outbox_lag_seconds: float
    ledger: dict[str, float]
    requests_rate: float
    failed_rate: float
    shed_rate: float
    admission_waiting: float


class Depths:
    """What waited lately in each service, from which follows how fast it comes in."""

    def __init__(self) -> None:
        self._depths: dict[str, deque[tuple[float, float]]] = {}
        self._fullness: dict[str, float] = {}

    def compare(self, service: str, events: float, messages: int) -> None:
        """Note how many events the workers see in how many messages of the broker."""
        if messages:
            self._fullness[service] = min(max(events / messages, 1.0), PACK_EVENTS_MAX)

    def events_in(self, service: str, messages: int) -> float:
        """Return how many events so many messages hold, if they are as full as the last ones."""
        return messages * self._fullness.get(service, 1.0)

    def slope(self, service: str, at: float, waiting: float | None) -> float:
        """Note what waits now; return by how much it grew a second."""
        depths = self._depths.setdefault(service, deque())
        if waiting is None:
            depths.clear()
            return 0.0
        depths.append((at, waiting))
        while len(depths) > ENDS and depths[1][0] <= at - WINDOW_SECONDS:
            depths.popleft()
        seconds = at - depths[0][0]
        return (waiting - depths[0][1]) / seconds if seconds > 0 else 0.0


def look_at(service: str, seen: Seen, depths: Depths) -> ServiceLook:
    workers = seen.of(service, workers=True)
    apis = seen.of(service, workers=False)
    lanes = {k: v for k, v in seen.gauges("sluice_backlog_events", service).items() if k in LANES}
    waiting = _waiting(service, seen, lanes, depths)
    out_rate = seen.rate("published" if service == DOOR else "settled", service)
    slope = depths.slope(service, seen.at, waiting)
    in_rate = seen.rate("orders.accepted", service) if service == DOOR else out_rate + slope
    return ServiceLook(
        name=service,
        workers=sum(worker.answers for worker in workers),
        workers_planned=len(workers),
        apis=sum(api.answers for api in apis),
        apis_planned=len(apis),
        consuming=sum(
            bool(w.history.last and w.history.last.gauges.get("sluice_consuming")) for w in workers
        ),
        waiting=waiting,
        lanes=lanes,
        in_hand=_sum_of_workers("sluice_in_hand_events", service, seen),
        in_rate=max(0.0, in_rate),
        out_rate=out_rate,
        drain_seconds=drain(waiting, out_rate),
        oldest_seconds=seen.gauge("sluice_oldest_age_seconds", service),
        busy=seen.rate("sluice_busy_seconds_total", service) / max(1, len(workers)),
        event_seconds=_event_seconds(service, seen),
        baseline_seconds=seen.gauge("sluice_baseline_event_seconds", service) or None,
        database_seconds=seen.gauge("sluice_database_probe_seconds", service),
        recovery=int(seen.gauge("sluice_recovery_state", service) or 0),
        recovery_rate=seen.rate("recovery.settled", service),
        outbox=seen.gauge("sluice_outbox_events", service) or 0.0,
        outbox_lag_seconds=seen.gauge("sluice_outbox_lag_seconds", service) or 0.0,
        ledger=_ledger(service, seen),
        requests_rate=seen.rate("requests", service),
        failed_rate=seen.rate("failed", service),
        shed_rate=seen.rate("sluice_http_shed_total", service),
        admission_waiting=seen.gauge("sluice_admission_waiting", service) or 0.0,
    )


def drain(waiting: float | None, rate: float) -> float | None:
    """Return the seconds until nothing waits, at this rate; None: never."""
    if not waiting:
        return 0.0
    return waiting / rate if rate > 0 else None


def _waiting(service: str, seen: Seen, lanes: dict[str, float], depths: Depths) -> float | None:
    if service == DOOR:
        return seen.gauge("sluice_outbox_events", service)
    queue = seen.broker.queues.get(f"{service}.events") if seen.broker else None
    messages = queue.get("messages") if queue else None
    if known := [lanes[lane] for lane in WAITING_LANES if lane in lanes]:
        depths.compare(service, lanes.get("main", 0.0), messages or 0)
        return sum(known)
    # No worker says it; the broker does, and counts packs.
    return None if messages is None else depths.events_in(service, messages)


def _sum_of_workers(name: str, service: str, seen: Seen) -> float:
    lasts = (worker.history.last for worker in seen.of(service, workers=True))
    return sum(last.gauges.get(name, 0.0) for last in lasts if last)


def _event_seconds(service: str, seen: Seen) -> float | None:
    settled = seen.rate("settled", service)
    busy = seen.rate("sluice_busy_seconds_total", service)
    return busy / settled if settled > 0 and busy > 0 else None


def _ledger(service: str, seen: Seen) -> dict[str, float]:
    """Return what the service knows of its events at their readers; nothing without a ledger."""
    found = {
        what: seen.gauges(f"sluice_ledger_{what}_events", service)
        for what in ("open", "missing", "lost")
    }
    if not any(found.values()):
        return {}
    figures = {what: sum(values.values()) for what, values in found.items()}
    lag = max(seen.gauges("sluice_ledger_lag_seconds", service).values(), default=0.0)
    return figures | {"lag_seconds": lag}
