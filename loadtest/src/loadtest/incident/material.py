"""What the report is drawn from: figures and curves, as JSON, so that it can be drawn again."""

from collections.abc import Iterable
from typing import Any

from loadtest.incident import series
from loadtest.incident.drain import Drain
from loadtest.incident.figures import alert_fired_at, crossed_at, drain_seconds, figures
from loadtest.incident.guarded import Guarded
from loadtest.incident.story import Story
from loadtest.incident.unguarded import THRESHOLD, Unguarded

BEFORE_SECONDS = 15.0
"""So much of the time before a release is shown with it."""
DOTS_MAX = 700
BIN_SECONDS = 5.0


def material(story: Story) -> dict[str, Any]:
    return {
        "figures": figures(story),
        "unguarded": _unguarded(story.unguarded),
        "drains": {str(each.workers): _drain(each, story.unguarded) for each in story.drains},
        "guarded": _guarded(story.guarded),
    }


def _unguarded(act: Unguarded) -> dict[str, Any]:
    began, span = act.released_at, (act.released_at, act.ended_at)
    due = act.due
    visible = [d.visible_at for d in act.decisions]
    answered = act.journal.answered
    took = [answered[order] - act.journal.due[order] for order in answered]
    waited = series.waiting(due.values(), visible, span)
    return {
        "waiting": waited,
        "depth": series.since(act.depth, began),
        "messages": series.since(act.messages, began),
        "oldest": series.since(act.oldest, began),
        "accepted": series.per_second(act.journal.answered.values(), span, BIN_SECONDS),
        "decided": series.per_second(visible, span, BIN_SECONDS),
        "submission_seconds": series.quantiles(took),
        "accepted_orders": len(act.journal.due),
        "refused_orders": act.journal.refused,
        "really_crossed": series.crossing(waited, THRESHOLD),
        "crossed": _after(crossed_at(act), began),
        "fired": _after(alert_fired_at(act), began),
        "messages_in_the_end": act.messages[-1][1] if act.messages else None,
    }


def _drain(act: Drain, first: Unguarded) -> dict[str, Any]:
    began, fresh = act.began_at, act.fresh.due
    seen = {d.order_id: d.visible_at for d in act.decisions}
    old = {order: at for order, at in first.due.items() if order in seen}
    until = began + drain_seconds(act)
    middle, high = series.delays(fresh, seen, (began, until), BIN_SECONDS)
    gone = [seen[order] for order in old]
    return {
        "seconds": drain_seconds(act),
        "waiting": series.waiting([began] * len(gone), gone, (began, until + 5)),
        "fresh_p50": middle,
        "fresh_p95": high,
        "order": _dots((seen[o] - began, at - first.released_at) for o, at in sorted(old.items())),
        "fresh_orders": len(fresh),
    }


def _guarded(act: Guarded) -> dict[str, Any]:
    began = act.released_at - BEFORE_SECONDS
    due = act.journal.due
    seen = {d.order_id: d.visible_at for d in act.decisions}
    span = (began, act.ended_at)
    middle, high = series.delays(due, seen, span, 1.0)
    skipped = [d.visible_at for d in act.decisions if d.unanswered]
    return {
        "decided": _moved(series.per_second(seen.values(), span, 1.0)),
        "skipped": _moved(series.per_second(skipped, span, 1.0)),
        "p50": _moved(middle),
        "p95": _moved(high),
        "waiting": _moved(series.waiting(due.values(), seen.values(), span)),
    }


def _moved(points: series.Points) -> series.Points:
    """Count from the release, not from when the picture begins."""
    return [(at - BEFORE_SECONDS, value) for at, value in points]


def _dots(points: Iterable[tuple[float, float]]) -> series.Points:
    found = [(round(x, 1), round(y, 1)) for x, y in points]
    return found[:: max(1, len(found) // DOTS_MAX)]


def _after(moment: float | None, began: float) -> float | None:
    return None if moment is None else round(moment - began, 1)
