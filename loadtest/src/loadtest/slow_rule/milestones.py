"""The moments of a run that a reader of the picture wants named."""

from collections.abc import Iterator
from typing import NamedTuple

from loadtest.slow_rule.acts import Act
from loadtest.slow_rule.rulesets import NEW_SCORE, STABLE_SCORE
from loadtest.slow_rule.scenario import Story


class Milestone(NamedTuple):
    at: float
    """In seconds since the load began."""
    told: str


def milestones(story: Story) -> list[Milestone]:
    """Return them in the order of time."""
    said = "refuses" if story.gate.refused else "passes"
    found = [(story.gate_at, f"gate {said} {NEW_SCORE}")]
    for act in story.acts:
        found += _of(act, story)
    return [Milestone(at - story.began_at, told) for at, told in sorted(found)]


def _of(act: Act, story: Story) -> Iterator[tuple[float, str]]:
    percent, slow = story.parameters.percent, story.parameters.slow_seconds
    match act.name:
        case "incident":
            yield act.began_at, f"endpoint of {STABLE_SCORE} takes {slow:g} s"
            yield act.began_at + story.parameters.bad_seconds, "endpoint is well"
        case kind:
            yield act.began_at, f"{NEW_SCORE} ({kind}) forced to {percent} %"
    if act.opened_at is not None:
        yield act.opened_at, f"breaker opens, +{act.after(act.opened_at):.1f} s"
    if act.aborted_at is not None:
        yield act.aborted_at, f"taken back, +{act.after(act.aborted_at):.1f} s"
    if act.closed_at is not None:
        yield act.closed_at, "all breakers closed"
    if act.made_up_at is not None:
        yield act.made_up_at, "all made up for"
