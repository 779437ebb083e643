"""`make rules-bench`: µs per decision with fifty rules, ours beside two engines, in one run.

The machine is shared and noisy, so the engines take turns every few orders, in a turning order, and
the ratios of neighbours are the figures. Leaves loadtest/results/rules.json.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cel
import zen

from common.expression import (
    ExpressionError,
    Field,
    Inconclusive,
    Schema,
    Type,
    compile_expression,
)
from loadtest import report
from loadtest.rule_engines import Answers, Cel, CelGiven, CelObjects, Engine, Ours, Zen
from loadtest.rule_sample import FIELDS, RULES, Values, orders

ROOT = Path(__file__).parents[3]
RESULT = ROOT / "loadtest" / "results" / "rules.json"
TURN = 100
"""Orders before it is the next engine's turn."""
MISSING = 0.1
"""Share of the history's values that is missing in the second table."""

CASES: Mapping[str, str] = {
    "missing > 3": "x.none > 3",
    "missing < 3": "x.none < 3",
    "missing == 3": "x.none == 3",
    "!(missing in [3])": "!(x.none in [3])",
    "missing > 3 || true": "x.none > 3 || true",
    "1 / 0 > 0": "1 / x.zero > 0",
    "overflow": "x.big + 1 > x.big",
    "7 / 2 == 3": "x.seven / 2 == 3",
    "10,000 parentheses": "(" * 10_000 + "1 > 0" + ")" * 10_000,
}
"""What each engine does with what goes wrong one day."""
_X = {"zero": 0, "big": 2**63 - 1, "seven": 7}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000, help="orders in a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    complete, incomplete = (orders(arguments.orders, missing=missing) for missing in (0, MISSING))
    result = {
        "rules": len(RULES),
        "features": len(FIELDS),
        "orders": arguments.orders,
        "rounds": arguments.rounds,
        "complete": _measured((Ours(), Cel(), CelGiven(), Zen()), complete, arguments.rounds),
        "missing": _measured((Ours(), CelObjects(), Zen()), incomplete, arguments.rounds),
        "behaviour": {name: _behaviour(text) for name, text in CASES.items()},
    }
    report.write(RESULT, ROOT, result)
    _show(result)


def _measured(engines: Sequence[Engine], asked: list[Values], rounds: int) -> dict[str, Any]:
    micros: dict[str, list[list[float]]] = {engine.name: [] for engine in engines}
    answers: dict[str, list[Answers]] = {}
    for _ in range(rounds):
        answers = {engine.name: [] for engine in engines}
        for engine in engines:
            micros[engine.name].append([])
        for turn, start in enumerate(range(0, len(asked), TURN)):
            first = turn % len(engines)
            for engine in (*engines[first:], *engines[:first]):
                spent, told = _turn(engine, asked[start : start + TURN])
                micros[engine.name][-1] += spent
                answers[engine.name] += told
    ours = engines[0].name
    base = [statistics.median(each) for each in micros[ours]]
    return {
        name: _figures(per_round, base) | _compared(answers[name], answers[ours])
        for name, per_round in micros.items()
    }


def _turn(engine: Engine, asked: Sequence[Values]) -> tuple[list[float], list[Answers]]:
    given = [engine.given(values) for values in asked]
    micros: list[float] = []
    answers: list[Answers] = []
    for each in given:
        started = time.perf_counter_ns()
        told = engine.decide(each)
        micros.append((time.perf_counter_ns() - started) / 1000)
        answers.append(told)
    return micros, answers


def _figures(per_round: list[list[float]], base: list[float]) -> dict[str, Any]:
    every = sorted(micros for each in per_round for micros in each)
    ratios = [statistics.median(each) / ours for each, ours in zip(per_round, base, strict=True)]
    return {
        "median_us": round(statistics.median(every), 1),
        "p95_us": round(every[len(every) * 95 // 100], 1),
        "times_ours": round(statistics.median(ratios), 2),
        "rounds_times_ours": [round(ratio, 2) for ratio in ratios],
    }


def _compared(told: list[Answers], ours: list[Answers]) -> dict[str, int]:
    """Count the answers of all rules that are not the ones of this language."""
    pairs = [
        pair
        for theirs, own in zip(told, ours, strict=True)
        for pair in zip(theirs, own, strict=True)
    ]
    return {
        "no_answer": sum(theirs is None for theirs, _ in pairs),
        "other_answer": sum(
            theirs is not own and None not in (theirs, own) for theirs, own in pairs
        ),
    }


def _behaviour(text: str) -> dict[str, str]:
    as_zen = text.replace("||", "or").replace("!(", "not (")
    schema = Schema([Field(f"x.{name}", Type.INT) for name in (*_X, "none")], {})
    ways: Mapping[str, Callable[[], object]] = {
        Ours.name: lambda: compile_expression(text, schema).holds((*_X.values(), None)),
        Cel.name: lambda: cel.evaluate(text, {"x": _X}),
        Zen.name: lambda: zen.evaluate_expression(as_zen, {"x": _X}),
    }
    return {name: _outcome(ask) for name, ask in ways.items()}


def _outcome(ask: Callable[[], object]) -> str:
    try:
        return str(ask())
    except ExpressionError as error:
        return f"refused: {error}"
    except Inconclusive as error:
        return f"inconclusive: {error}"
    except Exception as error:  # noqa: BLE001 - whatever an engine raises is its answer
        return type(error).__name__


def _show(result: dict[str, Any]) -> None:
    for kind in ("complete", "missing"):
        print(f"\n{result['rules']} rules, {result['features']} features, data {kind}:")
        print(f"{'':40}{'median':>10}{'p95':>11}{'ratio':>8}{'no answer':>11}{'other':>7}")
        for name, told in result[kind].items():
            print(
                f"{name:40}{told['median_us']:>7} µs{told['p95_us']:>8} µs{told['times_ours']:>8}"
                f"{told['no_answer']:>11}{told['other_answer']:>7}"
            )
    print()
    for case, told in result["behaviour"].items():
        print(f"{case:22}" + " | ".join(f"{name}: {what}" for name, what in told.items()))


if __name__ == "__main__":
    main()
