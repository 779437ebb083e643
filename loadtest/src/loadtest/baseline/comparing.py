"""Is it slower than it was? Told in words, and only where noise does not explain it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadtest.baseline.figures import HIGHER_IS_BETTER, Figure, told

Figures = Mapping[str, Mapping[str, Figure]]
"""Scenario -> figure -> what it is."""

TOLERANCE = 0.10
"""A change smaller than this is none, however quiet the rounds were."""
FEW_ROUNDS = 3
LONELY_NOISE = 0.25
"""Taken for the noise of a figure of fewer rounds than those, of which nobody knows it."""


@dataclass(frozen=True, slots=True)
class Change:
    scenario: str
    figure: str
    was: Figure
    now: Figure

    @property
    def worse_by(self) -> float:
        """How many times worse it is; below 1 it is better."""
        if self.figure in HIGHER_IS_BETTER:
            return self.was.ratio / max(self.now.ratio, 1e-9)
        return self.now.ratio / max(self.was.ratio, 1e-9)

    @property
    def explained(self) -> float:
        """How many times worse it may look without being so."""
        return 1 + max(TOLERANCE, _noise(self.was) + _noise(self.now))

    @property
    def is_regression(self) -> bool:
        return self.worse_by > self.explained

    @property
    def is_gain(self) -> bool:
        return 1 / self.worse_by > self.explained

    def sentence(self) -> str:
        direction = "worse" if self.is_regression else "better"
        times = self.worse_by if self.is_regression else 1 / self.worse_by
        return (
            f"{self.scenario}: {told(self.figure)} is {times:.2f} times {direction}"
            f" ({self.was.ratio:.3g} -> {self.now.ratio:.3g} in units of the bare pipeline;"
            f" noise explains {self.explained:.2f} times)"
        )


def _noise(figure: Figure) -> float:
    if len(figure.rounds) < FEW_ROUNDS:
        return max(LONELY_NOISE, figure.noise)
    return figure.noise


def changes(was: Figures, now: Figures) -> Iterator[Change]:
    """Compare what both have."""
    for scenario, figures in now.items():
        for name, figure in figures.items():
            before = was.get(scenario, {}).get(name)
            if before is not None:
                yield Change(scenario, name, before, figure)
