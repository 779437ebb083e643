"""`make incident`: the incident as it was, how its queue is drained, and why it ends early now.

Leaves loadtest/results/incident.json, .svg and .html; fails when a target is missed. Takes
twenty minutes or more, since the alert of the document waits for five and the queue is drained
twice. `--scale short` takes some minutes: fewer orders, and an alert that waits for seconds.
"""

import argparse
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtest import report
from loadtest.incident.figures import missed
from loadtest.incident.material import material
from loadtest.incident.page import page
from loadtest.incident.poster import poster
from loadtest.incident.scales import SCALES
from loadtest.incident.story import Play
from loadtest.scene import score_service
from loadtest.scene.screen import Screen

ROOT = Path(__file__).parents[4]
HOME = ROOT / ".local" / "incident"
RESULTS = ROOT / "loadtest" / "results"


def main() -> int:
    options = _options()
    # Whoever ends it that way, too, wants nothing of the stack to be left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console()
    if options.redraw:
        seen = json.loads(options.redraw.read_text())
    else:
        seen = _played(options, Screen(console))
        kept = options.home.with_name(f"{options.home.name}-seen.json")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(seen))
        console.print(f"  {kept}", highlight=False)
    return _judged(seen, _written(seen, options), console)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make incident", description=__doc__)
    parser.add_argument("--scale", choices=sorted(SCALES), default="full")
    parser.add_argument("--home", type=Path, default=HOME, help="where the stack is kept meanwhile")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the report goes")
    parser.add_argument("--redraw", type=Path, metavar="SEEN", help="only draw what was seen anew")
    return parser.parse_args()


def _played(options: argparse.Namespace, screen: Screen) -> dict[str, Any]:
    scale = SCALES[options.scale]
    with score_service.running(scale.slow_seconds) as service:
        story = Play(options.home, scale, service, screen).whole()
    return {**material(story), "machine": report.machine(), "commit": report.revision(ROOT)}


def _written(seen: Mapping[str, Any], options: argparse.Namespace) -> list[Path]:
    options.results.mkdir(parents=True, exist_ok=True)
    machine, commit = seen["machine"], seen["commit"]
    whole = {**seen["figures"], "machine": machine, "commit": commit}
    texts = {
        "json": json.dumps(whole, indent=2, ensure_ascii=False) + "\n",
        "svg": poster(seen),
        "html": page(seen, machine, commit),
    }
    paths = []
    for kind, text in texts.items():
        paths.append(options.results / f"incident.{kind}")
        paths[-1].write_text(text)
    return paths


def _judged(seen: Mapping[str, Any], paths: list[Path], console: Console) -> int:
    wrong = missed(seen["figures"])
    for sentence in wrong:
        console.print(f"[red]✗[/] {sentence}", highlight=False)
    if not wrong:
        console.print("[green]✓[/] every target is met", highlight=False)
    for path in paths:
        console.print(f"  {path}", highlight=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
