"""`make slow-rule`: a rule that makes orders wait is forced past the gate; risk takes it back.

Leaves loadtest/results/slow-rule.json and slow-rule.svg; fails when a target is missed.
"""

import argparse
import asyncio
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from loadtest import report
from loadtest.scene import score_service
from loadtest.scene.screen import Screen
from loadtest.slow_rule.acts import Parameters
from loadtest.slow_rule.plot import draw
from loadtest.slow_rule.scenario import Story, play
from loadtest.slow_rule.verdict import figures, missed
from stack import SERVICES, Stack

ROOT = Path(__file__).parents[4]
HOME = ROOT / ".local" / "slow-rule"
RESULT = ROOT / "loadtest" / "results" / "slow-rule.json"
PLOT = RESULT.with_suffix(".svg")
BAD_SECONDS = 12.0
NEEDED = ("ingest", "risk")


def main() -> int:
    options = _options()
    # Whoever ends it that way, too, wants nothing of the stack to be left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parameters = Parameters(
        rate=options.rate,
        percent=options.percent,
        fill_seconds=max(12.0, 1_200 / options.rate),
        baseline_seconds=options.baseline_seconds,
        bad_seconds=BAD_SECONDS,
        slow_seconds=options.slow_seconds,
        workers=2,
    )
    screen = Screen(Console())
    story = _played(options.home, parameters, screen)
    result = figures(story) | {"parameters": asdict(parameters)}
    report.write(RESULT, ROOT, result)
    draw(story, result, PLOT)
    return _judged(result, screen.console)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make slow-rule", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="orders a second")
    parser.add_argument("--percent", type=int, choices=(1, 10, 50), default=10)
    parser.add_argument("--baseline-seconds", type=float, default=15.0)
    parser.add_argument("--slow-seconds", type=float, default=1.2, help="of the slow endpoint")
    parser.add_argument("--home", type=Path, default=HOME, help="where the stack is kept meanwhile")
    return parser.parse_args()


def _played(home: Path, parameters: Parameters, screen: Screen) -> Story:
    """Play it on a stack of its own, of which nothing is left."""
    with score_service.running(parameters.slow_seconds) as service:
        stack = Stack(
            home,
            tuple(each for each in SERVICES if each.name in NEEDED),
            environment={"CHECK_ENDPOINTS": service.endpoints()},
        )
        screen.tell("starting a stack of its own: database, broker, ingest and two risk workers …")
        try:
            stack.up(workers={"risk": parameters.workers})
            with screen.live():
                return asyncio.run(play(stack.env(), parameters, service, screen))
        finally:
            stack.down(wipe=True)


def _judged(result: dict[str, object], console: Console) -> int:
    wrong = missed(result)
    for sentence in wrong:
        console.print(f"[red]✗[/] {sentence}", highlight=False)
    if not wrong:
        console.print("[green]✓[/] every target is met", highlight=False)
    for path in (RESULT, PLOT):
        console.print(f"  {path.relative_to(ROOT)}", highlight=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
