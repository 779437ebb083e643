"""A stack that adds workers by need, says why it does not, and obeys a person."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack import Service, Stack, cli
from stack.files import write_atomically
from support.waiting import until_true

STANDIN = (sys.executable, str(Path(__file__).with_name("measured_standin.py")))
DEMO = Service(name="demo", api_port=18_103, api=STANDIN, worker=STANDIN)
NEED_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("AMQP_URL", None)
    stack = Stack(tmp_path_factory.mktemp("home"), (DEMO,))
    show(stack, depth=500_000, event=0.2, probe=0.3)
    stack.up(workers={"demo": 1}, autoscale=True)
    yield stack
    stack.down(wipe=True)


def show(stack: Stack, *, depth: float, event: float = 0.002, probe: float = 0.001) -> None:
    """Let every worker measure this."""
    figures = {"depth": depth, "event": event, "baseline": 0.002, "probe": probe}
    write_atomically(stack.home.path / "figures.json", json.dumps(figures))


def workers(stack: Stack) -> int:
    return sum(name.startswith("demo-worker") for name in stack.processes())


async def until(condition: Callable[[], bool]) -> None:
    await until_true(condition, seconds=NEED_SECONDS_MAX)


def told(stack: Stack) -> str:
    """Say what was decided last."""
    decided = stack.scaling().get("demo")
    return f"{decided.cause}: {decided.why}" if decided else ""


async def test_a_slow_database_is_named_and_gets_no_workers(stack: Stack) -> None:
    await until(lambda: "slow database" in told(stack))
    assert workers(stack) == 1


async def test_slow_events_are_named_and_get_no_workers(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    show(stack, depth=500_000, event=0.2)
    await until(lambda: "slow events" in told(stack))
    assert workers(stack) == 1
    cli.main(["status", "--home", str(stack.home.path)])
    assert "100 times as long as in the baseline" in capsys.readouterr().out


async def test_a_backlog_gets_workers_step_by_step(stack: Stack) -> None:
    show(stack, depth=50_000)
    await until(lambda: workers(stack) == 3)
    stack.wait_ready(NEED_SECONDS_MAX)
    decided = stack.scaling()["demo"]
    assert decided.wish >= 3
    assert "demo: 1 → 3 workers" in stack.home.log("supervisor").read_text("utf-8")


async def test_a_person_s_number_stands_until_he_gives_it_back(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(stack.home.path)]
    show(stack, depth=500_000)
    assert cli.main(["scale", "demo=1", *home]) == 0
    assert "demo is scaled by hand from now on" in capsys.readouterr().out
    await until(lambda: not stack.scaling())
    assert workers(stack) == 1
    assert stack.autoscaled() == ()
    assert cli.main(["scale", "auto", *home]) == 0
    assert stack.autoscaled() == ("demo",)
    await until(lambda: workers(stack) > 1)


def test_only_what_runs_can_be_left_to_itself(stack: Stack) -> None:
    assert cli.main(["scale", "nobody=auto", "--home", str(stack.home.path)]) == 1
