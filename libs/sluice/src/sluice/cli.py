"""`sluice`: the command a person or a scheduled job runs."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from sluice import report
from sluice.failure import CannotTell, Misused
from sluice.reading import connected
from sluice.recovering import Order, recover
from sluice.settings import SERVICES, settings
from sluice.verifying import Verdict, Wish, verify

CLEAN, EXCEPTIONS, CANNOT_TELL = 0, 1, 2
_INTERRUPTED = 130
_WIDTH = 160


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 0 is clean or done, 1 exceptions, 2 that it could not be told."""
    options = _parser().parse_args(arguments)
    # The width of no terminal is nobody's limit.
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    run: Coroutine[Any, Any, int]
    run = _verify(options, console) if options.command == "verify" else _recover(options, console)
    try:
        return asyncio.run(run)
    except (CannotTell, Misused) as error:
        print(f"sluice: {error}", file=sys.stderr)  # noqa: T201 - a command talks to a person
        return CANNOT_TELL
    except KeyboardInterrupt:
        print(_farewell(options), file=sys.stderr)  # noqa: T201 - see above
        return _INTERRUPTED


async def _verify(options: argparse.Namespace, console: Console) -> int:
    wish = Wish(since=options.since, until=options.until, grace=timedelta(seconds=options.grace))
    async with connected(settings(options.env)) as services:
        bar = (*Progress.get_default_columns()[:1], BarColumn(), MofNCompleteColumn())
        with Progress(
            *bar, TimeRemainingColumn(), console=Console(stderr=True), transient=True
        ) as progress:
            orders = progress.add_task("orders", total=None)

            def watch(done: int, total: int) -> None:
                progress.update(orders, completed=done, total=total)

            verdict = await verify(services, wish, watch)
    if options.json:
        print(report.as_json(verdict, wish))  # noqa: T201 - see above
    else:
        report.show(console, verdict, wish)
    return _status(verdict)


def _status(verdict: Verdict) -> int:
    return CLEAN if verdict.is_clean else EXCEPTIONS


async def _recover(options: argparse.Namespace, console: Console) -> int:
    asked = Order(
        service=options.service,
        order=options.order,
        today_first=options.today_first,
        reason=options.reason,
        stop=options.stop,
        status=options.status,
        follow=options.follow,
    )
    async with connected(settings(options.env)) as services:
        await recover(services, asked, console)
    return CLEAN


def _farewell(options: argparse.Namespace) -> str:
    if options.command == "verify":
        return "sluice: interrupted; nothing is verified."
    again = f"sluice recover {options.service}"
    return f"sluice: the recovery is left as it is. See {again} --status; end it: {again} --stop"


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--env", type=Path, metavar="FILE", help="addresses and key, as the local stack writes them"
    )
    parser = argparse.ArgumentParser(prog="sluice", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _add_verify(
        commands.add_parser(
            "verify", parents=[common], help="prove that all services agree about every order"
        )
    )
    _add_recover(
        commands.add_parser(
            "recover", parents=[common], help="work a service's backlog off in another order"
        )
    )
    return parser


def _add_verify(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Reads every order from all services and names each that they do not agree about."
        " Ends with 0: clean, 1: exceptions, 2: could not tell."
    )
    command.add_argument(
        "--grace",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="what is younger may be on its way (60)",
    )
    when = "orders that came in %s then, as 2026-11-22 or 2026-11-22T08:00:00+08:00"
    command.add_argument("--since", type=_moment, metavar="TIME", help=when % "since")
    command.add_argument("--until", type=_moment, metavar="TIME", help=when % "before")
    command.add_argument("--json", action="store_true", help="for programs")


def _add_recover(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Starts a recovery: what waits is worked off in another order than it came in."
        " It goes on by itself, ends by itself, and is not ended by Ctrl-C."
    )
    command.add_argument("service", choices=SERVICES)
    command.add_argument(
        "--order", choices=["newest-first", "oldest-first"], default="newest-first"
    )
    command.add_argument(
        "--today-first",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="today's orders before all others",
    )
    command.add_argument("--reason", default="asked for by command", help="kept with it")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--stop", action="store_true", help="end it")
    what.add_argument("--status", action="store_true", help="only look")
    command.add_argument("--follow", action="store_true", help="show a bar until it is over")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= timedelta.max.total_seconds() / 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


def _moment(text: str) -> datetime:
    """Read a time; one without an offset is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time as ISO 8601 writes it") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
