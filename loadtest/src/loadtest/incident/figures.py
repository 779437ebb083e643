"""The figures of a replay, and which targets they miss."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from loadtest.incident import series
from loadtest.incident.drain import Drain
from loadtest.incident.scales import DOCUMENT
from loadtest.incident.story import Story
from loadtest.incident.unguarded import LITERAL, THRESHOLD, Unguarded

BREAKER_SECONDS_MAX = 5.0
ABORT_SECONDS_MAX = 10.0
NEW_ORDERS_SECONDS_MAX = 5.0
ALERT_LATE_SECONDS_MAX = 20.0
"""A scrape of 5 s and an evaluation of 15 s."""


def figures(story: Story) -> dict[str, Any]:
    """Return what is written down of a replay."""
    first, last = story.unguarded, story.guarded
    fate = last.fate
    fresh = {str(each.workers): new_orders(each) for each in story.drains}
    return {
        "lost": sum(each.lost for each in story.findings),
        "repeated": sum(sum(each.repeated.values()) for each in story.findings),
        "submissions_accepted_ratio": accepted_ratio(first),
        "alert_fired_after_seconds": alert_fired_after(first),
        "breaker_open_seconds": _after(last.opened_at, last.released_at),
        "abort_seconds": _after(last.aborted_at, last.released_at),
        "drain_seconds": {str(each.workers): drain_seconds(each) for each in story.drains},
        "new_orders_p95_seconds_during_drain": max(each["p95"] for each in fresh.values()),
        "skipped": fate.skipped,
        "reverified": fate.reverified,
        "new_orders_seconds_during_drain": fresh,
        "queued": len(first.waiting),
        "through_all_services_seconds": _since_began(story, "through_at"),
        "workers_started_seconds": _since_began(story, "workers_ready_at"),
        "event_seconds": event_seconds(first),
        "decided_per_second_unguarded": round(_decided_after_release(first), 2),
        "alerts": _alerts(first),
        "copied_bytes": story.copied_bytes,
        "gate": asdict(first.gate),
        "made_up_seconds": _after(last.made_up_at, last.released_at),
        "guarded_decision_seconds": _guarded_delays(story),
        "opened_because": last.opened_because,
        "aborted_because": last.aborted_because,
        "findings": [asdict(each) for each in story.findings],
        "scale": asdict(story.scale)
        | {"alert_seconds": story.scale.alert_seconds}
        | {"times_a_peak_day": round(story.scale.times_faster)}
        | {"played_seconds": round(story.ended_at - story.began_at)},
        "document": DOCUMENT,
    }


def _since_began(story: Story, moment: str) -> dict[str, float]:
    return {
        str(each.workers): round(getattr(each, moment) - each.began_at, 1) for each in story.drains
    }


def _alerts(first: Unguarded) -> list[dict[str, Any]]:
    return [
        {
            "alert": each.alert,
            "service": each.service,
            "severity": each.severity,
            "after_seconds": round(each.at - first.released_at, 1),
        }
        for each in first.fired
    ]


def accepted_ratio(act: Unguarded) -> float:
    """Return the share of submissions that were accepted while the queue grew."""
    accepted, refused = len(act.journal.due), act.journal.refused
    return round(accepted / max(1, accepted + refused), 4)


def crossed_at(act: Unguarded) -> float | None:
    """Return since when, as the alert sees it, too many wait."""
    return series.crossing(act.depth, THRESHOLD)


def alert_fired_at(act: Unguarded) -> float | None:
    literal = [each for each in act.fired if (each.alert, each.service) == (LITERAL, "risk")]
    return literal[0].at if literal else None


def alert_fired_after(act: Unguarded) -> float | None:
    """Return how long after the crossing the alert of the document fired."""
    crossed, fired = crossed_at(act), alert_fired_at(act)
    return None if crossed is None or fired is None else round(fired - crossed, 1)


def drain_seconds(drain: Drain) -> float:
    """Return how long it took until the last of what waited was decided."""
    fresh = drain.fresh.due
    queued = (d.visible_at for d in drain.decisions if d.order_id not in fresh)
    return round(max(queued) - drain.began_at, 1)


def new_orders(drain: Drain) -> dict[str, float]:
    """Return p50 and p95 of a new order's time to its decision while the queue was drained."""
    until = drain.began_at + drain_seconds(drain)
    seen = {d.order_id: d.visible_at for d in drain.decisions}
    since = drain.consuming_at
    found = [seen[o] - at for o, at in drain.fresh.due.items() if since <= at < until and o in seen]
    middle, high = series.quantiles(found)
    return {"p50": round(middle, 2), "p95": round(high, 2)}


def event_seconds(act: Unguarded) -> dict[str, float]:
    """Return what deciding one order took (p50), before the release and after it."""
    before = [d.took_micros for d in act.decisions if d.order_id in act.usual.due]
    after = [d.took_micros for d in act.decisions if d.visible_at > act.released_at + 5]
    return {
        "before": round(series.quantiles(before)[0] / 1e6, 5),
        "after": round(series.quantiles(after)[0] / 1e6, 3),
    }


def _decided_after_release(act: Unguarded) -> float:
    after = sum(act.released_at + 5 < d.visible_at <= act.ended_at for d in act.decisions)
    return after / (act.ended_at - act.released_at - 5)


def _guarded_delays(story: Story) -> dict[str, float]:
    act = story.guarded
    due, span = act.journal.due, (act.released_at, act.ended_at)
    delays = [
        d.visible_at - due[d.order_id]
        for d in act.decisions
        if span[0] <= due[d.order_id] < span[1]
    ]
    middle, high = series.quantiles(delays)
    return {"p50": round(middle, 3), "p95": round(high, 3)}


def _after(moment: float | None, began: float) -> float | None:
    return None if moment is None else round(moment - began, 2)


def missed(result: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each target that was missed."""
    return [sentence for met, sentence in (*_orders(result), *_speed(result)) if not met]


def _orders(result: Mapping[str, Any]) -> Iterable[tuple[bool, str]]:
    skipped, made_up = result["skipped"], result["reverified"]
    ratio, queued = result["submissions_accepted_ratio"], result["queued"]
    yield not result["lost"], f"{result['lost']} accepted orders were lost."
    yield not result["repeated"], f"{result['repeated']} effects happened twice."
    yield ratio == 1.0, f"Only {ratio:.2%} of the submissions were accepted."
    yield 0 < skipped == made_up, f"Of {skipped} skipped checks {made_up} were made up for."
    wanted = result["scale"]["queued"]
    yield queued >= wanted, f"Only {queued} events waited, not {wanted}."


def _speed(result: Mapping[str, Any]) -> Iterable[tuple[bool, str]]:
    fired, due = result["alert_fired_after_seconds"], result["scale"]["alert_seconds"]
    opened, aborted = result["breaker_open_seconds"], result["abort_seconds"]
    high = result["new_orders_p95_seconds_during_drain"]
    in_time = fired is not None and due <= fired <= due + ALERT_LATE_SECONDS_MAX
    yield in_time, f"The alert fired {fired} s after the crossing, not after {due} s."
    yield result["gate"]["refused"], "The gate let the release pass."
    yield _within(opened, BREAKER_SECONDS_MAX), f"A breaker opened after {opened} s, not within 5."
    yield _within(aborted, ABORT_SECONDS_MAX), f"The release was taken back after {aborted} s."
    yield high < NEW_ORDERS_SECONDS_MAX, f"New orders waited {high} s (p95) during the drain."


def _within(seconds: float | None, limit: float) -> bool:
    return seconds is not None and seconds < limit
