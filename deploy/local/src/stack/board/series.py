"""The last quarter of an hour, as numbers at equal steps, for the charts."""

from collections import deque
from collections.abc import Mapping
from typing import Any

KEPT_SECONDS = 900.0


class Series:
    """Points of many lines, of the same moments; each moment has a number that only rises."""

    def __init__(self) -> None:
        self._points: deque[tuple[int, float, Mapping[str, float | None]]] = deque()
        self._number = 0

    def note(self, at: float, values: Mapping[str, float | None]) -> None:
        """Add one moment; `at` in seconds, None where a value was not to be had."""
        self._number += 1
        self._points.append((self._number, at, dict(values)))
        while self._points[0][1] < at - KEPT_SECONDS:
            self._points.popleft()

    def since(self, number: int) -> dict[str, Any]:
        """Return what came after the moment of this number, line by line."""
        if number > self._number:
            number = 0  # of a board that has begun again since
        points = [point for point in self._points if point[0] > number]
        names = sorted({name for _, _, values in points for name in values})
        return {
            "number": self._number,
            "times": [round(at, 1) for _, at, _ in points],
            "values": {
                name: [_rounded(values.get(name)) for _, _, values in points] for name in names
            },
        }


def _rounded(value: float | None) -> float | None:
    """Four digits are more than a chart can show."""
    return None if value is None else float(f"{value:.4g}")
