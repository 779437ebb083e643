"""`python -m demo`: starts the private stack and shows the main job on it."""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.report import show_way_in
from demo.scenario import ORDERS_MIN
from demo.screen import WIDTH, Screen
from demo.showing import Shown, show
from demo.starting import Starting
from stack import Stack, StackError

ORDERS_MAX = 5_000
_INTERRUPTED = 130


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    screen = Screen(console)
    try:
        return _run(screen, options)
    except StackError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        print(f"Not permitted: {error.filename}. Another --home may help.", file=sys.stderr)
    return 1


def _run(screen: Screen, options: argparse.Namespace) -> int:
    status = _INTERRUPTED
    try:
        stack = Starting(screen).up(options.home)
        screen.say(f"[bold]{options.orders} orders of four channels[/] are on their way,")
        screen.say("  among them repeated, forged, broken, unpaid, too large and cancelled ones")
        shown = asyncio.run(show(stack.env(), options.orders, screen))
        status = 0 if shown.is_right else 1
        _tell_the_end(screen, shown)
        if not options.exit:
            _stay(screen, stack, shown)
            return status
    except KeyboardInterrupt:
        screen.say()
    except BaseException:
        if options.exit:
            _stop(screen, options.home)
        raise
    _stop(screen, options.home)
    return status


def _tell_the_end(screen: Screen, shown: Shown) -> None:
    if shown.is_right:
        screen.say("\n[bold green]Every order is accounted for.[/]\n")
    else:
        screen.say("\n[bold red]Not everything is accounted for: see the lines marked ✗.[/]\n")


def _stay(screen: Screen, stack: Stack, shown: Shown) -> None:
    show_way_in(screen, stack.env(), str(stack.home.env), shown.order_id)
    screen.say("\nThe stack keeps running until Ctrl-C here (or [bold]make down[/] elsewhere).")
    while stack.is_running():
        time.sleep(1)
    screen.say("The stack was stopped elsewhere.")


def _stop(screen: Screen, home: Path | None) -> None:
    """Stop the stack; another Ctrl-C must not leave half of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    screen.say("Stopping the stack …")
    Stack(home).down()
    screen.say("The stack has stopped; its data is kept. (make down ARGS=--wipe deletes it.)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end, and stop the stack, by itself")
    parser.add_argument("--home", type=Path, help="where the stack keeps everything")
    parser.add_argument("--orders", type=_orders, default=200, metavar="N", help="how many orders")
    return parser.parse_args()


def _orders(text: str) -> int:
    if not text.isdigit() or not ORDERS_MIN <= int(text) <= ORDERS_MAX:
        raise argparse.ArgumentTypeError(f"must be from {ORDERS_MIN} to {ORDERS_MAX}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
