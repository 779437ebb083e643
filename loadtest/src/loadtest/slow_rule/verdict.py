"""The figures of a run, and which targets they miss."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from loadtest.scene.account import Decision
from loadtest.slow_rule.acts import Act
from loadtest.slow_rule.rulesets import NEW_SCORE
from loadtest.slow_rule.scenario import Story

BREAKER_SECONDS_MAX = 5.0
ABORT_SECONDS_MAX = 10.0
THROUGHPUT_RATIO_MIN = 0.8

Span = tuple[float, float]


def figures(story: Story) -> dict[str, Any]:
    """Return what is written down of a run: of several acts, the worst."""
    non_core, core, incident = story.acts
    before = non_core.began_at - story.parameters.baseline_seconds, non_core.began_at
    usual = _rate(story.decisions, before)
    told = {act.name.replace("-", "_"): _told(story, act, usual) for act in story.acts}
    return {
        "breaker_open_seconds": _worst(told[n]["breaker_open_seconds"] for n in told),
        "abort_seconds": _worst(told[n]["abort_seconds"] for n in ("non_core", "core")),
        "throughput_ratio": min(told[n]["throughput_ratio"] for n in told),
        "skipped": sum(act.fate.skipped for act in story.acts),
        "reverified": sum(act.fate.reverified for act in story.acts),
        "lost": story.lost,
        "core_held": core.fate.held_first,
        "core_passed": core.fate.approved_first,
        "core_released": core.fate.released,
        "gate": asdict(story.gate),
        "accepted": len(story.journal.due),
        "refused": story.journal.refused,
        "before": {
            "decisions_per_second": round(usual, 1),
            "webhook_to_decision_ms": _delays(story, before),
        },
        **told,
        "incident_opened": incident.opened_at is not None,
        "endpoint_calls": dict(story.asked),
    }


def _worst(seconds: Iterable[float | None]) -> float | None:
    return max((each for each in seconds if each is not None), default=None)


def _rate(decisions: Sequence[Decision], span: Span) -> float:
    since, until = span
    return sum(since <= each.visible_at < until for each in decisions) / (until - since)


def _delays(story: Story, span: Span) -> dict[str, float]:
    """Return p50 and p95 from when a webhook was due to when its decision could be seen."""
    since, until = span
    due = story.journal.due
    delays = [
        (each.visible_at - due[each.order_id]) * 1000
        for each in story.decisions
        if since <= each.visible_at < until
    ]
    cuts = statistics.quantiles(delays, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1)}


def _told(story: Story, act: Act, usual: float) -> dict[str, Any]:
    bad = act.began_at, act.began_at + story.parameters.bad_seconds
    rate = _rate(story.decisions, bad)
    return {
        "breaker_open_seconds": act.after(act.opened_at),
        "breaker_open_because": act.opened_because,
        "breaker_told_seconds": act.after(act.told_at),
        "abort_seconds": act.after(act.aborted_at),
        "abort_because": act.aborted_because,
        "closed_again_seconds": act.after(act.closed_at),
        "made_up_seconds": act.after(act.made_up_at),
        "decisions_per_second": round(rate, 1),
        "throughput_ratio": round(rate / usual, 3),
        "webhook_to_decision_ms": _delays(story, bad),
        **asdict(act.fate),
    }


def missed(result: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each target that was missed."""
    return [sentence for met, sentence in (*_speed(result), *_orders(result)) if not met]


def _speed(result: Mapping[str, Any]) -> Iterable[tuple[bool, str]]:
    gate, opened, aborted = (result[k] for k in ("gate", "breaker_open_seconds", "abort_seconds"))
    ratio = result["throughput_ratio"]
    yield gate["refused"] and gate["culprit"] == NEW_SCORE, f"The gate blamed {gate['culprit']}."
    yield result["incident_opened"], "No breaker opened while the stable check was slow."
    yield _within(opened, BREAKER_SECONDS_MAX), f"A breaker opened after {opened} s, not within 5."
    for name in ("non_core", "core"):
        taken_back = result[name]["abort_seconds"] is not None
        yield taken_back, f"The {name} candidate was not taken back by itself."
    yield _within(aborted, ABORT_SECONDS_MAX), f"An abort took {aborted} s, not less than 10."
    yield ratio >= THROUGHPUT_RATIO_MIN, f"Decisions/s fell to {ratio:.0%} of what they were."


def _orders(result: Mapping[str, Any]) -> Iterable[tuple[bool, str]]:
    skipped, made_up = result["skipped"], result["reverified"]
    held, released = result["core_held"], result["core_released"]
    against, passed = result["core"]["against"], result["core_passed"]
    yield 0 < skipped == made_up, f"Of {skipped} skipped checks {made_up} were made up for."
    yield not result["lost"], f"{result['lost']} accepted orders were not decided."
    yield not result["refused"], f"{result['refused']} orders were not accepted."
    yield held > 0, "The core check held no order: nothing was tried."
    yield not passed, f"{passed} orders passed a core check that had not answered."
    ended = released + against
    yield ended == held, f"Of {held} held orders {released} were released, {against} refused."


def _within(seconds: float | None, limit: float) -> bool:
    return seconds is not None and seconds < limit
