"""The recording rules of Prometheus wish for as many workers as the policy does."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stack.autoscaling.policy import Limits, Reading, wish

RULES = Path(__file__).parents[2] / "prometheus" / "scaling.yml"
PROMTOOL = shutil.which("promtool")

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def vectors() -> Iterator[Reading]:
    """Yield readings around every edge of the formula, and a few hundred by chance."""
    chance = random.Random(31)
    for workers in (1, 2, 8):
        for depth in (0, 1, 47_999, 48_000, 48_001, 1_000_000):
            for event in (None, 0.001, 0.00299, 0.003, 0.3):
                for probe in (0.001, 0.0499, 0.05):
                    yield reading(workers, depth, event, probe, settled=chance.choice((0, 400)))
    for _ in range(300):
        yield reading(
            chance.randint(1, 12),
            chance.choice((0, chance.uniform(0, 200_000))),
            chance.choice((None, 10 ** chance.uniform(-4, 0.5))),
            chance.choice((0.001, 10 ** chance.uniform(-3, 0))),
            settled=chance.uniform(0, 3_000),
        )


def reading(
    workers: int, depth: float, event: float | None, probe: float, settled: float
) -> Reading:
    return Reading(
        workers=workers,
        depth=depth,
        arrived=settled * 0.9,
        settled=settled,
        event_seconds=event,
        baseline_seconds=0.001,
        probe_seconds=probe,
    )


def series(name: str, value: float | None, **labels: str) -> list[dict[str, str]]:
    if value is None:
        return []
    shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return [{"series": f"{name}{{{shown}}}", "values": f"{value!r}x8"}]


def series_of(service: str, measured: Reading) -> Iterator[dict[str, str]]:
    for number in range(measured.workers):
        yield from series("sluice_consuming", 1, service=service, instance=str(number))
    for name, value in (
        ("sluice:depth", measured.depth),
        ("sluice:arrived:rate1m", measured.arrived),
        ("sluice:settled:rate1m", measured.settled),
        ("sluice:event_seconds", measured.event_seconds),
        ("sluice_baseline_event_seconds", measured.baseline_seconds),
        ("sluice_database_probe_seconds", measured.probe_seconds),
    ):
        yield from series(name, value, service=service)


def test_both_wish_for_the_same(tmp_path: Path) -> None:
    measured = {f"s{number}": each for number, each in enumerate(vectors())}
    wished = {name: wish(each, Limits()).workers for name, each in measured.items()}
    assert len(set(wished.values())) == 8, "the vectors reach every number of workers"
    expected = [
        {"labels": f'sluice:workers_wanted{{service="{name}"}}', "value": workers}
        for name, workers in wished.items()
    ]
    asked = {"expr": "sluice:workers_wanted", "eval_time": "2m", "exp_samples": expected}
    inputs = [each for name, one in measured.items() for each in series_of(name, one)]
    group = {"interval": "15s", "input_series": inputs, "promql_expr_test": [asked]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [group]}))
    ran = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
