"""The first look as one document: what the page shows, and what its charts are drawn from."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from stack.board.attention import notices
from stack.board.seen import Seen, SeenProcess
from stack.board.service_look import DOOR, Depths, ServiceLook, look_at

CHARTED = ("waiting", "in_rate", "out_rate", "oldest_seconds")


def first_look(seen: Seen, depths: Depths) -> tuple[dict[str, Any], dict[str, float | None]]:
    """Return the document, and one point for each line of the charts."""
    services = [look_at(name, seen, depths) for name in seen.services()]
    risk = _risk(seen)
    document = {
        "at": _written(seen.at),
        "attention": [asdict(notice) for notice in notices(seen, services, risk)],
        "totals": _totals(services),
        "services": [asdict(service) for service in services],
        "risk": risk,
        "business": _business(seen),
        "broker": _broker(seen),
        "alerts": None if seen.alerts is None else [asdict(alert) for alert in seen.alerts],
        "processes": [_process(process, seen.at) for process in seen.processes],
    }
    points = {f"{s.name}.{line}": getattr(s, line) for s in services for line in CHARTED}
    return document, points


def _totals(services: Sequence[ServiceLook]) -> dict[str, Any]:
    behind = [service for service in services if service.name != DOOR]
    stuck = any(service.drain_seconds is None for service in behind)
    return {
        "orders_rate": sum(s.in_rate for s in services if s.name == DOOR),
        "waiting": sum(s.waiting or 0.0 for s in behind),
        "drain_seconds": None
        if stuck
        else max((s.drain_seconds or 0.0 for s in behind), default=0),
        "oldest_seconds": max((s.oldest_seconds or 0.0 for s in behind), default=0.0),
        "workers": sum(s.workers for s in services),
        "workers_planned": sum(s.workers_planned for s in services),
    }


def _risk(seen: Seen) -> dict[str, Any]:
    nearest = seen.gauges("sluice_deferred_deadline_seconds")
    rulesets: dict[str, str] = {}
    for process in seen.processes:
        if last := process.history.last:
            rulesets |= last.rulesets
    return {
        "breakers": dict(sorted(seen.gauges("sluice_breaker_state").items())),
        "rulesets": rulesets,
        "canary_percent": max(seen.gauges("sluice_canary_percent").values(), default=0.0),
        "trouble": bool(max(seen.gauges("sluice_ruleset_trouble").values(), default=0.0)),
        "deferred": {
            check: {"orders": orders, "deadline_seconds": nearest.get(check, 0.0)}
            for check, orders in sorted(seen.gauges("sluice_deferred_checks").items())
        },
    }


def _business(seen: Seen) -> dict[str, Any]:
    return {
        "states": seen.gauges("sluice_orders"),
        "quarantine": max(seen.gauges("sluice_quarantine_open_orders").values(), default=None),
        "differences": seen.gauges("sluice_differences_open"),
        "difference_minor": seen.gauges("sluice_difference_minor"),
        "rates": {
            status: seen.rate(f"orders.{status}", DOOR)
            for status in ("accepted", "quarantined", "duplicate", "updated")
        },
    }


def _broker(seen: Seen) -> dict[str, Any] | None:
    if seen.broker is None:
        return None
    queues = [
        {"name": name, "messages": of.get("messages", 0), "consumers": of.get("consumers", 0)}
        for name, of in sorted(seen.broker.queues.items())
        # Of the ladder's many rungs only those on which something waits are worth a line.
        if ".retry." not in name or of.get("messages")
    ]
    return {"queues": queues, "alarms": seen.broker.alarms}


def _process(process: SeenProcess, now: float) -> dict[str, Any]:
    record, last = process.record, process.history.last
    started = datetime.fromisoformat(record.started_at).timestamp() if record.started_at else None
    memory = last.gauges.get("process_resident_memory_bytes") if last else None
    return {
        "name": record.name,
        "state": record.state,
        "port": record.port,
        "restarts": record.restarts,
        "up_seconds": max(0.0, now - started) if started and record.pid else None,
        "cpu": process.history.rate("process_cpu_seconds_total") if last else None,
        "memory_bytes": memory,
    }


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
