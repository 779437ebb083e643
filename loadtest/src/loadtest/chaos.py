"""`make chaos`: orders at a steady rate while queues, broker and workers are taken away.

Every few seconds a worker is killed, all queues are deleted or purged, or the broker is killed.
At the end `sluice verify` has to find nothing, no order may be lost and nothing done twice. Leaves
loadtest/results/chaos.json.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from rich.console import Console

from loadtest import report
from loadtest.chaos_faults import READY_SECONDS_MAX, faults
from loadtest.incident.conservation import Findings, Ledger
from loadtest.scene.screen import Screen
from loadtest.scene.stream import Journal, Load, sending
from loadtest.scene.waiting import until
from stack import Stack

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".local" / "chaos"
RESULT = ROOT / "loadtest" / "results" / "chaos.json"
WORKERS = {"risk": 2, "fulfillment": 2}
VERIFY = (sys.executable, "-m", "sluice", "verify", "--json", "--grace", "0")


@dataclass
class Run:
    """What happened."""

    began: datetime
    happened: dict[str, int] = field(default_factory=dict)
    clean: bool = False
    seconds_until_clean: float = 0.0
    exceptions: Sequence[Any] = ()
    findings: Findings | None = None


def main() -> int:
    options = _options()
    # Whoever ends it that way, too, wants nothing of the stack to be left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    screen = Screen(Console())
    stack = Stack(options.home)
    stack.down(wipe=True)
    try:
        stack.up(workers=WORKERS)
        return asyncio.run(_play(stack, options, screen))
    finally:
        stack.down(wipe=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=18_000)
    parser.add_argument("--rate", type=float, default=300, help="orders a second")
    parser.add_argument("--every", type=float, default=4, help="seconds between two faults")
    parser.add_argument("--limit", type=float, default=300, help="seconds until all has to be well")
    parser.add_argument("--seed", type=int, default=1, help="which workers are killed")
    parser.add_argument("--home", type=Path, default=HOME, help="where the stack is kept meanwhile")
    parser.add_argument("--result", type=Path, default=RESULT)
    return parser.parse_args()


async def _play(stack: Stack, options: argparse.Namespace, screen: Screen) -> int:
    run = Run(datetime.now(UTC))
    began = time.monotonic()
    with sending(stack.env(), options.rate) as load:
        await _harm(stack, options, load, run, screen)
    seconds = time.monotonic() - began
    screen.tell(f"{load.accepted} orders accepted; waiting until all is well")
    await asyncio.to_thread(stack.wait_ready, READY_SECONDS_MAX)
    await _settle(stack, options, load.journal, run)
    _write(options, load.journal, run, seconds)
    for line in _verdict(run, load.journal):
        screen.tell(line)
    return 0 if run.clean and run.findings and not _wrong(run.findings) else 1


async def _harm(
    stack: Stack, options: argparse.Namespace, load: Load, run: Run, screen: Screen
) -> None:
    """Take something away every few seconds, until so many orders are in."""
    for fault in faults(stack, Random(options.seed)):
        pause = time.monotonic() + options.every

        async def is_time(pause: float = pause) -> bool:
            return time.monotonic() >= pause or load.accepted >= options.orders

        await until(is_time, options.every + 1)
        if load.accepted >= options.orders:
            return
        screen.tell(f"{load.accepted:6} orders accepted; {fault.what}")
        await fault.happen()
        kind = "workers killed" if "worker" in fault.what else fault.what
        run.happened[kind] = run.happened.get(kind, 0) + 1


async def _settle(stack: Stack, options: argparse.Namespace, journal: Journal, run: Run) -> None:
    """Wait until `sluice verify` is clean and every order rests; say what is wrong if it is not."""
    database = await asyncpg.connect(stack.env()["DATABASE_URL"])
    ledger, ended = Ledger(database), time.monotonic()

    async def clean() -> bool:
        run.clean, run.exceptions = await _verified(stack, run.began)
        return run.clean and not await ledger.unfinished(journal.answered)

    try:
        await until(clean, options.limit)
        run.seconds_until_clean = time.monotonic() - ended
        run.findings = await ledger.findings(journal.answered)
    finally:
        await database.close()


async def _verified(stack: Stack, since: datetime) -> tuple[bool, Sequence[Any]]:
    env = ("--env", str(stack.home.env), "--since", since.isoformat())
    process = await asyncio.create_subprocess_exec(*VERIFY, *env, stdout=-1, stderr=-1)
    said, _ = await process.communicate()
    if process.returncode not in {0, 1}:
        return False, ("a service could not be asked",)
    found = json.loads(said)
    return bool(found["clean"]), found["findings"]


def _wrong(findings: Findings) -> int:
    return findings.lost + sum(findings.repeated.values())


def _verdict(run: Run, journal: Journal) -> Sequence[str]:
    faults_made = ", ".join(f"{count} × {what}" for what, count in run.happened.items())
    found = "clean" if run.clean else f"{len(run.exceptions)} exceptions"
    return (
        f"{len(journal.answered)} accepted, {journal.refused} not; {faults_made}",
        f"sluice verify: {found} {run.seconds_until_clean:.1f} s after the last order",
        str(run.findings),
    )


def _write(options: argparse.Namespace, journal: Journal, run: Run, seconds: float) -> None:
    assert run.findings is not None  # noqa: S101 - the accounts were looked at
    result = {
        "rate": options.rate,
        "every_seconds": options.every,
        "seconds": round(seconds, 1),
        "accepted": len(journal.answered),
        "not_accepted": journal.refused,
        "faults": run.happened,
        "verify_clean": run.clean,
        "exceptions": list(run.exceptions)[:20],
        "seconds_until_clean": round(run.seconds_until_clean, 1),
        "lost": run.findings.lost,
        "repeated": sum(run.findings.repeated.values()),
    }
    report.write(options.result, ROOT, result)


if __name__ == "__main__":
    sys.exit(main())
