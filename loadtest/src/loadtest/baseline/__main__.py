"""`make baseline`: four kinds of load beside the bare pipeline, compared with the run before.

Leaves loadtest/results/baseline.json, baseline-history.jsonl and baseline.svg; fails when a figure
got worse by more than noise explains, and then keeps the older figures to compare with.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtest.baseline import history, yardstick
from loadtest.baseline.comparing import Change, Figures, changes
from loadtest.baseline.figures import HIGHER_IS_BETTER, Round, figures, told
from loadtest.baseline.measuring import compared, play
from loadtest.baseline.plot import draw
from loadtest.baseline.scenarios import Scenario, scenarios
from loadtest.baseline.yardstick import Yardstick
from stack import Stack

HOME = history.ROOT / ".local" / "baseline"
ROUNDS = 5


def main() -> int:
    options = _options()
    # Whoever ends it that way, too, wants nothing of the stack to be left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rounds = 1 if options.quick else options.rounds
    chosen = [each for each in scenarios() if each.name in options.only]
    now = _measured(options.home, chosen, rounds)
    _show(now)
    before = history.kept()
    found = list(changes(before.figures, now)) if before else []
    worse = [change.sentence() for change in found if change.is_regression]
    keep = options.keep or (before is None or not (worse or options.quick))
    about = {
        "rounds": rounds,
        "about": {each.name: each.about for each in chosen},
        "compared_with": before.commit if before else None,
    }
    history.write(now, about, worse, keep=keep)
    if found:
        title = f"{len(worse)} regressions of {len(found)} figures, since {about['compared_with']}"
        draw(found, title, history.PLOT)
    return _judged(found, worse)


def _options() -> argparse.Namespace:
    names = [each.name for each in scenarios()]
    parser = argparse.ArgumentParser(prog="make baseline", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="one round, some two minutes")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--keep", action="store_true", help="keep the figures, whatever they are")
    parser.add_argument("--home", type=Path, default=HOME, help="where the stack is kept meanwhile")
    return parser.parse_args()


def _measured(home: Path, chosen: Sequence[Scenario], rounds: int) -> Figures:
    """Take turns with the bare pipeline on a stack of its own, of which nothing is left."""
    stack = Stack(home, say=print)
    taken: dict[str, list[Round]] = {each.name: [] for each in chosen}
    try:
        stack.up()
        before = yardstick.read(stack)
        for number in range(rounds):
            for scenario in chosen:
                before = _turn(stack, scenario, before, taken[scenario.name])
                print(f"round {number + 1} of {rounds}: {scenario.name} ({scenario.about})")
    finally:
        stack.down(wipe=True)
    return {name: figures(found) for name, found in taken.items()}


def _turn(stack: Stack, scenario: Scenario, before: Yardstick, taken: list[Round]) -> Yardstick:
    """Play the scenario; return the yardstick as it is afterwards."""
    values = play(stack, scenario)
    after = yardstick.read(stack)
    taken.append(Round(values, compared(values, yardstick.between(before, after))))
    return after


def _show(now: Figures) -> None:
    for scenario, found in now.items():
        print(f"\n{scenario}")
        for name, figure in found.items():
            value = figure.value if name in HIGHER_IS_BETTER else figure.value * 1e3
            unit = "" if name in HIGHER_IS_BETTER else "ms"
            print(
                f"  {told(name):<44} {value:>9.3f} {unit:<3} ratio {figure.ratio:>8.3f}"
                f"  rounds differ by ±{figure.noise:.0%}"
            )
    print("\nWhat an event takes a worker, for each service's settings:")
    for name, figure in now.get("steady", {}).items():
        if name.startswith("event_seconds."):
            print(f"  BASELINE_EVENT_SECONDS={figure.value:.5f}  # {name.partition('.')[2]}")


def _judged(found: Sequence[Change], worse: Sequence[str]) -> int:
    print()
    if not found:
        print("There was nothing to compare with: these figures are the baseline now.")
    for sentence in worse:
        print(f"✗ {sentence}")
    for change in found:
        if change.is_gain:
            print(f"  {change.sentence()}")
    if found and not worse:
        print("✓ nothing is slower than it was, as far as noise lets one see")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
