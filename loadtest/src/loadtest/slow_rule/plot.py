"""The run as one picture: what orders saw, what the breakers did, and what was made up for."""

import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from loadtest.slow_rule.milestones import Milestone, milestones
from loadtest.slow_rule.scenario import Story

BIN_SECONDS = 0.5
STABLE, CANARY, INK, PALE = "#4477aa", "#ee7733", "#222222", "#8a8f98"
P50, P95, WAITING = "#66a3c9", "#aa3377", "#ccaa33"
STATES = {"closed": "#44aa77", "half_open": "#ddaa33", "open": "#cc3344"}
SHADES = {"non-core": "#fdf0e6", "core": "#fbe4d5", "incident": "#fbe6e9"}
HEIGHTS = (1.5, 1.3, 1.3, 1.0, 0.8, 1.0)
EVENT_LINES = 6
SPLIT = 0.75
"""What is so far to the right has its name on the left."""


def draw(story: Story, result: dict[str, Any], path: Path) -> None:
    """Write the picture."""
    mpl.rcParams.update({"font.size": 9, "axes.edgecolor": PALE, "svg.hashsalt": "slow-rule"})
    figure = Figure(figsize=(13, 11), layout="constrained")
    rows = figure.subplots(len(HEIGHTS), 1, sharex=True, height_ratios=HEIGHTS)
    panels: Sequence[Callable[[Axes, Story], None]] = (
        _decisions,
        _latency,
        _breakers,
        _share,
        _waiting,
    )
    figure.suptitle(_title(story, result), fontsize=12, color=INK, x=0.01, ha="left")
    marks = milestones(story)
    end = story.decisions[-1].visible_at - story.began_at
    rows[-1].set_xlim(0, end)
    for axes in rows:
        axes.spines[["top", "right"]].set_visible(False)
        for act in story.acts:
            span = act.began_at - story.began_at, act.ended_at - story.began_at
            axes.axvspan(*span, color=SHADES[act.name], zorder=0, linewidth=0)
    _events(rows[0], marks, end)
    for panel, axes in zip(panels, rows[1:], strict=True):
        panel(axes, story)
        for mark in marks:
            axes.axvline(mark.at, color=INK, linewidth=0.6, alpha=0.45, linestyle=(0, (3, 3)))
    rows[-1].set_xlabel("seconds since the load began")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _title(story: Story, result: dict[str, Any]) -> str:
    opened, aborted = result["breaker_open_seconds"], result["abort_seconds"]
    return (
        f"A slow rule, {story.parameters.rate:g} orders/s: breaker open after {opened} s,"
        f" candidate taken back after {aborted} s,\n"
        f"decisions/s at {result['throughput_ratio']:.0%} of the usual at worst;"
        f" {result['reverified']} of {result['skipped']} skipped checks made up for,"
        f" {result['lost']} orders lost"
    )


def _since(story: Story, moment: float) -> float:
    return moment - story.began_at


def _events(axes: Axes, marks: Sequence[Milestone], end: float) -> None:
    """Name the events, on lines in turn so that none hides another."""
    for number, mark in enumerate(marks):
        height = EVENT_LINES - number % EVENT_LINES
        axes.plot([mark.at, mark.at], [0, height], color=INK, linewidth=0.6, alpha=0.6)
        left = mark.at > SPLIT * end
        axes.text(
            mark.at,
            height,
            f"{mark.told} " if left else f" {mark.told}",
            fontsize=8,
            color=INK,
            va="center",
            ha="right" if left else "left",
        )
    axes.set_ylim(0, EVENT_LINES + 0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _decisions(axes: Axes, story: Story) -> None:
    """Stack decisions per second by arm."""
    moments, counts = _binned(story)
    stable = [counts[bin_]["stable"] / BIN_SECONDS for bin_ in range(len(moments))]
    canary = [counts[bin_]["canary"] / BIN_SECONDS for bin_ in range(len(moments))]
    axes.stackplot(
        moments, stable, canary, colors=[STABLE, CANARY], labels=["stable", "candidate"], step="mid"
    )
    axes.axhline(story.parameters.rate, color=INK, linewidth=0.8, linestyle=":", label="sent")
    axes.set_ylim(0, 1.45 * story.parameters.rate)
    _label(axes, "decisions/s\nby arm", legend=3)


def _binned(story: Story) -> tuple[list[float], list[dict[str, int]]]:
    last = _since(story, story.decisions[-1].visible_at)
    counts = [{"stable": 0, "canary": 0} for _ in range(int(last / BIN_SECONDS) + 1)]
    for each in story.decisions:
        place = int(_since(story, each.visible_at) / BIN_SECONDS)
        if 0 <= place < len(counts):
            counts[place][each.arm] += 1
    return [(place + 0.5) * BIN_SECONDS for place in range(len(counts))], counts


def _latency(axes: Axes, story: Story) -> None:
    """Draw from when a webhook was due to when its decision could be seen."""
    delays: dict[int, list[float]] = {}
    for each in story.decisions:
        due = story.journal.due[each.order_id]
        place = int(_since(story, due) / BIN_SECONDS)
        delays.setdefault(place, []).append((each.visible_at - due) * 1000)
    full = sorted(place for place, found in delays.items() if len(found) > 1)
    moments = [(place + 0.5) * BIN_SECONDS for place in full]
    for percent, color in ((95, P95), (50, P50)):
        values = [statistics.quantiles(delays[place], n=100)[percent - 1] for place in full]
        axes.plot(moments, values, color=color, linewidth=1.3, label=f"p{percent}")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    _label(axes, "webhook to\ndecision, ms", legend=2)


def _breakers(axes: Axes, story: Story) -> None:
    """Draw a lane per check and worker in the colour of its breaker's state."""
    places = sorted({place for seen in story.seen for place in seen.breakers}, reverse=True)
    for lane, place in enumerate(places):
        for seen, following in pairwise(story.seen):
            state = seen.breakers.get(place)
            if state is not None:
                width = following.at - seen.at + 0.02
                start = _since(story, seen.at)
                axes.broken_barh([(start, width)], (lane - 0.36, 0.72), color=STATES[state])
    names = [f"{check}, {worker.removeprefix('risk-')}" for check, worker in places]
    axes.set_yticks(range(len(places)), names, fontsize=8)
    handles = [Patch(color=color, label=state) for state, color in STATES.items()]
    axes.legend(
        handles=handles,
        ncols=3,
        fontsize=8,
        frameon=False,
        loc="lower right",
        bbox_to_anchor=(1, 0.98),
        borderaxespad=0.0,
    )
    _label(axes, "", legend=0)


def _share(axes: Axes, story: Story) -> None:
    """Draw which share the candidate was given, and which it really decided."""
    moments, counts = _binned(story)
    real = [100 * c["canary"] / max(1, c["canary"] + c["stable"]) for c in counts]
    given = [(_since(story, seen.at), seen.percent) for seen in story.seen]
    axes.fill_between(moments, real, color=CANARY, alpha=0.45, step="mid", label="decided by it")
    axes.step(
        *zip(*given, strict=True), color=INK, linewidth=1.1, where="post", label="given to it"
    )
    axes.set_ylim(0, max(1.6 * story.parameters.percent, 10, *real))
    _label(axes, "candidate's\nshare, %", legend=2)


def _waiting(axes: Axes, story: Story) -> None:
    """Draw how many skipped checks wait to be made up for."""
    moments = [_since(story, seen.at) for seen in story.seen]
    values = [seen.deferred for seen in story.seen]
    axes.fill_between(moments, values, color=WAITING, alpha=0.6, step="post")
    axes.set_ylim(0, max(10, *values) * 1.15)
    _label(axes, "skipped checks\nto make up for", legend=0)


def _label(axes: Axes, text: str, *, legend: int) -> None:
    axes.set_ylabel(text, rotation=0, ha="right", va="center", color=INK)
    axes.tick_params(colors=INK, length=3)
    axes.grid(axis="y", color="#e4e6ea", linewidth=0.6)
    axes.set_axisbelow(True)
    if legend:
        axes.legend(loc="upper left", ncols=legend, fontsize=8, frameon=False)
