"""Curves from what was seen: how many waited when, how fast, and for how long."""

import statistics
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

Points = list[tuple[float, float]]
"""Seconds since something began, and a value."""

POINTS_MAX = 400


def waiting(
    arrived: Iterable[float], settled: Iterable[float], span: tuple[float, float]
) -> Points:
    """Return how many had arrived and were not settled yet, by second."""
    came, went = sorted(arrived), sorted(settled)
    since, until = span
    step = max(1.0, (until - since) / POINTS_MAX)
    found: Points = []
    at = since
    while at <= until:
        found.append((at - since, bisect_right(came, at) - bisect_right(went, at)))
        at += step
    return found


def per_second(moments: Iterable[float], span: tuple[float, float], bin_seconds: float) -> Points:
    """Return how many there were a second, bin by bin."""
    since, until = span
    counts = [0] * max(1, int((until - since) / bin_seconds))
    for moment in moments:
        place = int((moment - since) / bin_seconds)
        if 0 <= place < len(counts):
            counts[place] += 1
    return [((n + 0.5) * bin_seconds, count / bin_seconds) for n, count in enumerate(counts)]


def delays(
    due: Mapping[str, float],
    seen: Mapping[str, float],
    span: tuple[float, float],
    bin_seconds: float,
) -> tuple[Points, Points]:
    """Return p50 and p95 of due to seen, by when it was due."""
    since, until = span
    bins: dict[int, list[float]] = {}
    for name, at in due.items():
        if since <= at < until and name in seen:
            bins.setdefault(int((at - since) / bin_seconds), []).append(seen[name] - at)
    full = {n: quantiles(found) for n, found in sorted(bins.items()) if len(found) > 1}
    middle = [((n + 0.5) * bin_seconds, cuts[0]) for n, cuts in full.items()]
    return middle, [((n + 0.5) * bin_seconds, cuts[1]) for n, cuts in full.items()]


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Return p50 and p95."""
    if len(values) < 2:
        alone = values[0] if values else 0.0
        return alone, alone
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94]


def since(series: Iterable[tuple[float, float]], began: float) -> Points:
    """Return the series with its time counted from this moment, and no more points than fit."""
    moved = [(round(at - began, 2), value) for at, value in series]
    return thinned(moved)


def thinned(points: Points) -> Points:
    """Return as many as a picture can show, the last one among them."""
    every = max(1, len(points) // POINTS_MAX)
    return points[::every] if (len(points) - 1) % every == 0 else [*points[::every], points[-1]]


def crossing(points: Iterable[tuple[float, float]], limit: float) -> float | None:
    """Return from when on, to the end, it is above the limit; None where it is not in the end."""
    began: float | None = None
    for at, value in points:
        if value <= limit:
            began = None
        elif began is None:
            began = at
    return began
