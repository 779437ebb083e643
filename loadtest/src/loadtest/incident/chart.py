"""Small charts as SVG: drawn for a width, in the colours of the page they stand on.

Only numbers are written into them, so that one picture serves every language.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from loadtest.incident.series import Points

TICKS_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 52, 14, 26, 24
MARK_RADIUS = 8.5


@dataclass(frozen=True, slots=True)
class Curve:
    points: Points
    colour: str
    """A class of the page's style: c1, c2, …"""
    shape: Literal["line", "area", "dashed", "dots"] = "line"


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that matters, as a line across."""

    value: float
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    curves: Sequence[Curve]
    marks: Sequence[float] = ()
    """Moments, numbered in the picture in this order."""
    limits: Sequence[Limit] = ()
    most: float = 0.0
    """How far the vertical axis has to go, at least."""

    def svg(self, width: int, height: int) -> str:
        """Draw it; the page may scale it."""
        drawn = _Drawing(self, width, height)
        return (
            f'<svg class="chart" viewBox="0 0 {width} {height}" role="img">{drawn.inside()}</svg>'
        )


class _Drawing:
    def __init__(self, chart: Chart, width: int, height: int) -> None:
        self._chart = chart
        self._width, self._height = width, height
        xs = [x for curve in chart.curves for x, _ in curve.points] or [0.0, 1.0]
        ys = [y for curve in chart.curves for _, y in curve.points]
        ys += [limit.value for limit in chart.limits]
        self._first, self._last = min(xs), max(*xs, min(xs) + 1)
        self._rows = _ticks(max([chart.most, *ys, 1e-9]) * 1.04, 4 if height > 200 else 3)

    def inside(self) -> str:
        parts = [*self._grid(), *self._limits()]
        parts += [self._curve(curve) for curve in self._chart.curves]
        parts += [self._mark(n + 1, at) for n, at in enumerate(self._chart.marks)]
        return "".join(parts)

    def _x(self, at: float) -> float:
        inner = self._width - MARGIN_LEFT - MARGIN_RIGHT
        return MARGIN_LEFT + inner * (at - self._first) / (self._last - self._first)

    def _y(self, value: float) -> float:
        inner = self._height - MARGIN_TOP - MARGIN_BOTTOM
        return MARGIN_TOP + inner * (1 - value / self._rows[-1])

    def _grid(self) -> list[str]:
        right, bottom = self._width - MARGIN_RIGHT, self._height - MARGIN_BOTTOM
        parts = []
        for row in self._rows:
            y = self._y(row)
            parts.append(f'<path class="grid" d="M{MARGIN_LEFT} {y:.1f}H{right}"/>')
            parts.append(_text(MARGIN_LEFT - 6, y + 4, _short(row, self._rows[-1]), "end"))
        span, most = self._last - self._first, self._width / 70
        step = next((s for s in TICKS_SECONDS if span / s <= most), TICKS_SECONDS[-1])
        at = math.ceil(self._first / step) * step
        while at <= self._last:
            anchor = "middle" if self._x(at) < right - 16 else "end"
            x = min(self._x(at), self._width - 2.0)
            parts.append(_text(x, bottom + 17, _clock(at, step), anchor))
            at += step
        return parts

    def _limits(self) -> list[str]:
        parts = []
        for limit in self._chart.limits:
            y = self._y(limit.value)
            right = self._width - MARGIN_RIGHT
            parts.append(f'<path class="limit" d="M{MARGIN_LEFT} {y:.1f}H{right}"/>')
            parts.append(_text(right, y - 4, limit.told, "end", "limit-told"))
        return parts

    def _curve(self, curve: Curve) -> str:
        if not curve.points:
            return ""
        places = [(self._x(x), self._y(y)) for x, y in curve.points]
        if curve.shape == "dots":
            dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
            return f'<path class="dots {curve.colour}" d="{dots}"/>'
        line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        drawn = f'<path class="{curve.shape} {curve.colour}" d="{line}"/>'
        if curve.shape != "area":
            return drawn
        bottom = self._y(0)
        filled = f"{line}L{places[-1][0]:.1f} {bottom:.1f}L{places[0][0]:.1f} {bottom:.1f}Z"
        return f'<path class="fill {curve.colour}" d="{filled}"/>{drawn}'

    def _mark(self, number: int, at: float) -> str:
        x, bottom = self._x(at), self._height - MARGIN_BOTTOM
        # Two moments that are close together are numbered one below the other.
        before = [
            m for m in self._chart.marks[: number - 1] if abs(self._x(m) - x) < 2 * MARK_RADIUS
        ]
        y = MARGIN_TOP - 13 + 19 * len(before)
        return (
            f'<path class="mark" d="M{x:.1f} {y}V{bottom}"/>'
            f'<circle class="mark-dot" cx="{x:.1f}" cy="{y}" r="{MARK_RADIUS}"/>'
            f"{_text(x, y + 4, str(number), 'middle', 'mark-told')}"
        )


def _text(x: float, y: float, told: str, anchor: str, style: str = "tick") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(told)}</text>'


def _ticks(most: float, count: int) -> list[float]:
    """Return round values from 0 to at least this one."""
    rough = most / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    return [n * step for n in range(math.ceil(most / step) + 1)]


def _short(value: float, most: float) -> str:
    if most >= 10_000 and value:
        return f"{value / 1000:g}k"
    return f"{value:g}"


def _clock(seconds: float, step: float) -> str:
    if step < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min"
