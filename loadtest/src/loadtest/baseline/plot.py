"""The comparison as one picture: how many times worse or better each figure is than it was."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from loadtest.baseline.comparing import Change
from loadtest.baseline.figures import told

WORSE, BETTER, SAME, INK, NOISE = "#cc3344", "#2f8f5b", "#4477aa", "#222222", "#e4e6ea"
ROW_INCHES = 0.27
HEAD_INCHES = 1.3


def draw(changes: Sequence[Change], title: str, path: Path) -> None:
    """Write the picture: a row for each figure, a grey bar for what noise explains."""
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "baseline"})
    height = HEAD_INCHES + ROW_INCHES * len(changes)
    figure = Figure(figsize=(10, height), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, fontsize=11, color=INK, x=0.01, ha="left")
    for row, change in enumerate(changes):
        _row(axes, row, change)
    names = [f"{change.scenario}: {told(change.figure)}" for change in changes]
    axes.set_yticks(range(len(changes)), names, fontsize=8)
    axes.set_ylim(len(changes) - 0.4, -0.6)
    axes.set_xscale("log")
    widest = max([1.5, *(edge for c in changes for edge in (c.worse_by, 1 / c.worse_by))])
    axes.set_xlim(1 / (1.15 * widest), 1.15 * widest)
    marks = [mark for mark in (0.25, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 4) if mark <= widest * 1.15]
    marks = [mark for mark in marks if mark >= 1 / (1.15 * widest)]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xlabel("better  ←  times worse than the baseline kept  →  worse")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _row(axes: Axes, row: int, change: Change) -> None:
    low, high = 1 / change.explained, change.explained
    axes.barh(row, high - low, left=low, height=0.62, color=NOISE, zorder=1)
    color = WORSE if change.is_regression else BETTER if change.is_gain else SAME
    axes.plot([change.worse_by], [row], "o", color=color, markersize=5, zorder=3)
