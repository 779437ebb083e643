"""`python -m stack`: the commands for a person."""

import argparse
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stack import programs
from stack.client import Stack
from stack.extras import KINDS
from stack.failure import StackError
from stack.table import Progress, show_processes, show_scaling, show_urls

Command = Callable[[Stack, argparse.Namespace], int]

ALL = "all"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    run: Command = options.run
    try:
        stack = Stack(options.home, say=_say, watch=Progress(_say))
        return run(stack, options)
    except StackError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        print(f"Not permitted: {error.filename}. Another --home may help.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted; see: python -m stack status", file=sys.stderr)
    return 1


def up(stack: Stack, options: argparse.Namespace) -> int:
    began = time.monotonic()
    changed = stack.up(
        only_infrastructure=options.only == "infrastructure",
        workers=dict(options.workers),
        install=options.install,
        extras=options.extras,
        autoscale=options.autoscale,
    )
    if changed:
        print(f"Everything is ready after {time.monotonic() - began:.1f} s.")
    else:
        print("The stack is already running; nothing to do.")
    show_urls(stack.env())
    print(f"{'addresses and keys':20} {stack.home.env}")
    return 0


def down(stack: Stack, options: argparse.Namespace) -> int:
    stopped = stack.down(wipe=options.wipe)
    print("The stack has stopped." if stopped else "The stack was not running.")
    if options.wipe:
        print("Its data is deleted.")
    return 0


def status(stack: Stack, options: argparse.Namespace) -> int:
    processes = stack.processes()
    ready = stack.is_ready()
    if options.json:
        entries = [asdict(entry) for entry in processes.values()]
        scaling = {name: asdict(entry) for name, entry in stack.scaling().items()}
        print(json.dumps({"ready": ready, "processes": entries, "scaling": scaling}, indent=1))
        return 0 if ready else 1
    if not stack.is_running():
        print("The stack is not running. Start it with: python -m stack up")
    if processes:
        show_processes(processes)
    show_scaling(stack.scaling())
    if stack.is_running():
        show_urls(stack.env())
    return 0 if ready else 1


def scale(stack: Stack, options: argparse.Namespace) -> int:
    by_hand = {name: count for name, count in options.workers if count is not None}
    by_need = [name for name, count in options.workers if count is None]
    for name in by_hand.keys() & set(stack.autoscaled()):
        print(f"{name} is scaled by hand from now on; back: python -m stack scale {name}=auto")
    if by_hand:
        stack.scale_all(by_hand)
    if by_need:
        stack.autoscale(*(() if ALL in by_need else by_need))
    show_processes(stack.processes())
    return 0


def logs(stack: Stack, options: argparse.Namespace) -> int:
    names = sorted(path.stem for path in stack.home.logs.glob("*.log"))
    if options.name and options.name not in names:
        raise StackError(f"No log of {options.name}. There are: {', '.join(names) or 'none'}.")
    chosen = [options.name] if options.name else names
    paths = [str(stack.home.log(name)) for name in chosen]
    if not paths:
        raise StackError("There are no logs yet.")
    follow = ["-F"] if options.follow else []
    lines = "200" if options.name else "10"
    os.execvp("tail", ["tail", "-n", lines, *follow, *paths])  # noqa: S606


def psql(stack: Stack, options: argparse.Namespace) -> int:
    url = urlsplit(stack.env().get("DATABASE_URL", ""))
    if not url.hostname:
        raise StackError("The stack has no database yet. Start it with: python -m stack up")
    # In the environment, where the password is not shown to everybody.
    connection = {
        "PGHOST": url.hostname,
        "PGPORT": str(url.port or 5432),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }
    if options.service:
        connection["PGOPTIONS"] = f"-c search_path={options.service}"
    program = shutil.which("psql") or str(programs.postgres().directory / "psql")
    os.execve(program, ["psql"], {**os.environ, **connection})  # noqa: S606


def env(stack: Stack, _options: argparse.Namespace) -> int:
    print(stack.home.env)
    return 0 if stack.home.env.exists() else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", type=Path, help="where the stack keeps everything")
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(run: Command, description: str) -> argparse.ArgumentParser:
        command = commands.add_parser(run.__name__, parents=[common], help=description)
        command.set_defaults(run=run)
        return command

    command = add(up, "start everything that is missing and wait until it is ready")
    command.add_argument("--only", choices=["infrastructure"], help="no services")
    command.add_argument("--install", action=argparse.BooleanOptionalAction, default=True)
    command.add_argument("--workers", type=_counts, default=[], metavar="risk=2,…")
    command.add_argument("--autoscale", action="store_true", help="add and take workers by need")
    command.add_argument(
        "--with",
        dest="extras",
        action="extend",
        type=_names,
        default=[],
        metavar="prometheus,…",
        help=f"what watches it: {', '.join(KINDS)}",
    )
    command = add(down, "stop everything")
    command.add_argument("--wipe", action="store_true", help="delete the data as well")
    add(status, "show the processes").add_argument("--json", action="store_true")
    command = add(scale, "change the numbers of workers, or let them follow the need: auto")
    command.add_argument("workers", type=_wanted, nargs="+", metavar="risk=4 | risk=auto | auto")
    command = add(logs, "show what the processes wrote")
    command.add_argument("name", nargs="?")
    command.add_argument("-f", "--follow", action="store_true")
    command = add(psql, "open psql on the database")
    command.add_argument("service", nargs="?", help="whose tables are found without a prefix")
    add(env, "print where the file with addresses and keys is")
    return parser


def _count(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-z]+)=(\d+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not like risk=4")
    return match[1], int(match[2])


def _wanted(text: str) -> tuple[str, int | None]:
    """A number, or None: as many as are needed."""
    name, _, wanted = text.rpartition("=")
    return (name or ALL, None) if wanted == "auto" else _count(text)


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in KINDS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(KINDS)}")
    return names


def _counts(text: str) -> list[tuple[str, int]]:
    return [_count(part) for part in text.split(",")]
