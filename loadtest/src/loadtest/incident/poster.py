"""The replay as one picture, for documents: three charts below each other."""

from collections.abc import Mapping
from html import escape
from typing import Any

from loadtest.incident.plots import Plot, plots

SHOWN = ("queue", "drain", "again")
WIDTH, HEIGHT = 960, 270
HEAD, FOOT = 46, 22
STYLE = """
text { font-family: system-ui, sans-serif; fill: #667385; font-size: 12px; }
.title { fill: #1d2733; font-size: 15px; font-weight: 600; }
.c1 { --c: #2f6fb5; } .c2 { --c: #1f9d7a; } .c3 { --c: #d9822b; } .c4 { --c: #b8325e; }
.line, .area { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.fill { fill: var(--c); fill-opacity: .16; }
.swatch { fill: var(--c); } .limit-told { fill: #c8324a; }
.grid { stroke: #e2e6eb; }
.limit { stroke: #c8324a; stroke-dasharray: 6 4; }
.mark { stroke: #1d2733; stroke-dasharray: 2 3; opacity: .55; } .mark-dot { fill: #1d2733; }
.mark-told { fill: #fff; font-size: 11px; font-weight: 700; }
"""


def poster(material: Mapping[str, Any]) -> str:
    every = plots(material)
    parts, top = [], 10.0
    for name in SHOWN:
        drawn, height = _part(every[name], top)
        parts.append(drawn)
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _part(plot: Plot, top: float) -> tuple[str, float]:
    title = f'<text class="title" x="14" y="{top + 18:.0f}">{escape(plot.title.en)}</text>'
    legend, x = "", 14.0
    for colour, name in plot.legend:
        legend += (
            f'<rect class="swatch {colour}" x="{x:.0f}" y="{top + 27:.0f}" width="11" height="11"/>'
            f'<text x="{x + 16:.0f}" y="{top + 37:.0f}">{escape(name.en)}</text>'
        )
        x += 40 + 7 * len(name.en)
    chart = plot.chart.svg(WIDTH, HEIGHT).replace(
        "<svg ", f'<svg y="{top + HEAD:.0f}" width="{WIDTH}" height="{HEIGHT}" ', 1
    )
    below = top + HEAD + HEIGHT + 16
    marks = "".join(
        f'<text x="52" y="{below + 17 * n:.0f}">{n + 1}  {escape(mark.en)}</text>'
        for n, mark in enumerate(plot.marks)
    )
    return title + legend + chart + marks, HEAD + HEIGHT + 17 * len(plot.marks) + FOOT
