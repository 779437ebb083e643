"""`make intake-drill`: six channels lose, repeat and shuffle pushes; every order must be here.

The channels are simulated and speak their own protocols. Hours are shortened, so that the check of
completeness is seen within minutes: what that was is in the result. Leaves
loadtest/results/intake-drill.json.
"""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from rich.console import Console

from loadtest import report
from loadtest.intake_drill.comparing import Comparison, compared
from loadtest.intake_drill.looking import Looking
from loadtest.scene.screen import Screen
from stack import Stack

ROOT = Path(__file__).parents[4]
HOME = ROOT / ".local" / "intake-drill"
RESULT = ROOT / "loadtest" / "results" / "intake-drill.json"
CHANNELS = ("taobao", "pdd", "douyin", "wechat_shop", "shopify", "woocommerce")
FAULTS = {"dropped": 0.05, "repeated": 0.10, "reordered": 0.10}
POLL_SECONDS = 30
WINDOW_SECONDS = 30
DELAY_SECONDS = 20
LOOK_SECONDS = 1.0
SHOWN = 10


def main() -> int:
    options = _options()
    # Whoever ends it that way, too, wants nothing of the stack to be left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    screen = Screen(Console())
    stack = Stack(options.home, environment=_shortened(options))
    stack.down(wipe=True)
    try:
        stack.up(extras=("simulator",))
        return asyncio.run(_play(stack.env(), options, screen))
    finally:
        stack.down(wipe=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make intake-drill", description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=40, help="orders a second")
    parser.add_argument("--limit", type=float, default=900, help="seconds until all must be here")
    parser.add_argument("--poll", type=float, default=POLL_SECONDS, help="seconds; 0: no polling")
    parser.add_argument("--home", type=Path, default=HOME, help="where the stack is kept meanwhile")
    parser.add_argument("--result", type=Path, default=RESULT)
    return parser.parse_args()


def _shortened(options: argparse.Namespace) -> dict[str, str]:
    return {
        "POLL_SECONDS": str(options.poll),
        "COMPLETENESS_WINDOW": str(WINDOW_SECONDS),
        "COMPLETENESS_DELAY": str(DELAY_SECONDS),
    }


async def _play(env: dict[str, str], options: argparse.Namespace, screen: Screen) -> int:
    key = {"Authorization": f"Bearer {env['SLUICE_API_KEY']}"}
    database = await asyncpg.connect(env["DATABASE_URL"])
    try:
        async with (
            httpx.AsyncClient(base_url=env["SIMULATOR_URL"], timeout=30) as simulator,
            httpx.AsyncClient(base_url=env["INGEST_URL"], headers=key, timeout=30) as ingest,
        ):
            looking = Looking(env, simulator, ingest, database)
            return await _drill(looking, options, screen)
    finally:
        await database.close()


async def _drill(looking: Looking, options: argparse.Namespace, screen: Screen) -> int:
    await looking.fault(FAULTS)
    began = time.monotonic()
    await looking.sell(options.orders, CHANNELS, options.rate)
    screen.tell(f"{options.orders} orders are sold on {', '.join(CHANNELS)}")
    state = await _until_pushed(looking, options, screen)
    pushed = time.monotonic()
    screen.tell(f"all pushes are gone: {state['counts']}")
    here_then = (await looking.counts())["orders"]
    comparison, complete = await _until_complete(looking, options, screen)
    ended = time.monotonic()
    counts = await looking.counts()
    result = {
        "orders": options.orders,
        "channels": list(CHANNELS),
        "missing": len(comparison.missing),
        "doubled": len(comparison.doubled),
        "strange": len(comparison.strange),
        "wrong": len(comparison.wrong),
        "wrong_fields": _fields(comparison),
        "seconds_to_complete": round(ended - pushed, 1) if complete else None,
        "seconds_of_selling": round(pushed - began, 1),
        "here_when_all_pushes_were_gone": here_then,
        "found_missing_by_comparison": counts["late"] + counts["missing"],
        "quarantined": counts["quarantined"],
        "pushes": state["counts"],
        "faults": FAULTS,
        "shortened": _shortened(options),
    }
    report.write(options.result, ROOT, result)
    for line in _told(result, comparison):
        screen.tell(line)
    return 0 if complete and comparison.is_right else 1


async def _until_pushed(
    looking: Looking, options: argparse.Namespace, screen: Screen
) -> dict[str, Any]:
    last = began = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        state = await looking.state()
        if state["idle"]:
            return state
        now = time.monotonic()
        if now - began > options.orders / options.rate + options.limit:
            raise TimeoutError("The simulator does not get its pushes out.")
        if now - last > 10 * LOOK_SECONDS:
            last = now
            screen.tell(f"{state['counts'].get('sold', 0):6} sold, {await looking.counts()}")


async def _until_complete(
    looking: Looking, options: argparse.Namespace, screen: Screen
) -> tuple[Comparison, bool]:
    """Wait until every order is here and right; return the last comparison and whether so."""
    sales = await looking.sales()
    until = time.monotonic() + options.limit
    told = 0.0
    while True:
        counts = await looking.counts()
        if counts["orders"] >= len(sales) or time.monotonic() > until:
            comparison = compared(sales, await looking.orders(CHANNELS))
            if comparison.is_right or time.monotonic() > until:
                return comparison, comparison.is_right
        if time.monotonic() - told > 10 * LOOK_SECONDS:
            told = time.monotonic()
            screen.tell(f"{counts['orders']:6} of {len(sales)} are here; {counts}")
        await asyncio.sleep(LOOK_SECONDS)


def _fields(comparison: Comparison) -> dict[str, int]:
    counted: dict[str, int] = {}
    for names in comparison.wrong.values():
        for name in names:
            counted[name] = counted.get(name, 0) + 1
    return counted


def _told(result: dict[str, Any], comparison: Comparison) -> list[str]:
    names = ("orders", "missing", "doubled", "strange", "wrong", "seconds_to_complete")
    lines = [", ".join(f"{name}: {result[name]}" for name in names)]
    lines += [f"missing: {key}" for key in comparison.missing[:SHOWN]]
    lines += [f"wrong: {key}: {names}" for key, names in list(comparison.wrong.items())[:SHOWN]]
    return lines


if __name__ == "__main__":
    sys.exit(main())
