"""Rounds in, figures out: the middle of the rounds, and how far apart they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

HIGHER_IS_BETTER = frozenset(("orders_per_second", "accepted_share", "kept_up_share"))
WORDS = {
    "orders_per_second": "orders/s",
    "accepted_share": "share of the orders accepted at once",
    "kept_up_share": "share of the pace kept up with",
    "cpu_seconds_per_order": "processor time for an order",
    "decision": "webhook to decision",
    "task": "webhook to warehouse task",
    "event_seconds": "time for an event in",
}


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of one scenario."""

    values: Mapping[str, float]
    ratios: Mapping[str, float]
    """The same in units of the yardstick, as it was before and after."""


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    ratio: float
    noise: float
    """How far the rounds lie around the middle, as a share of it; 0 where there was one."""
    rounds: tuple[float, ...]


def figures(rounds: Sequence[Round]) -> dict[str, Figure]:
    """Take the middle of each figure that all rounds have."""
    names = [name for name in rounds[0].values if all(name in r.values for r in rounds)]
    return {name: _figure(name, rounds) for name in names}


def _figure(name: str, rounds: Sequence[Round]) -> Figure:
    ratios = [r.ratios[name] for r in rounds]
    middle = median(ratios)
    noise = (max(ratios) - min(ratios)) / 2 / middle if middle else 0.0
    value = median(r.values[name] for r in rounds)
    return Figure(value, middle, noise, tuple(ratios))


def told(name: str) -> str:
    """Say what a figure is."""
    if name in WORDS:
        return WORDS[name]
    what, _, service = name.partition(".")
    if service:
        return f"{WORDS[what]} {service}"
    end, percent, _ = name.split("_")
    return f"{WORDS[end]}, {percent}"


def as_json(figure: Figure) -> dict[str, Any]:
    return {
        "value": _rounded(figure.value),
        "ratio": _rounded(figure.ratio),
        "noise": round(figure.noise, 3),
        "rounds": [_rounded(ratio) for ratio in figure.rounds],
    }


def from_json(told: Mapping[str, Any]) -> Figure:
    return Figure(told["value"], told["ratio"], told["noise"], tuple(told["rounds"]))


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")
