"""`python -m <service> <command>`: the same commands for every service."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from common.command_line import keeping, keys, operations, parked
from common.command_line.doing import Commands
from common.database.engine import open_engine
from common.http.problems import Problem
from common.http.serving import serve
from common.service import CommandWithOptions, Service, api_app, worker_app
from common.telemetry.logging import configure

_TOPICS = {
    "keys": keys,
    "parked": parked,
    "operations": operations,
    "export": keeping,
    "restore": keeping,
    "re-emit": keeping,
}


def run(service: Service, argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit status."""
    arguments = _parser(service).parse_args(argv)
    settings = service.settings
    serves = arguments.command in {"api", "worker"}
    # What a command prints may go into a file; what it logs must not.
    stream = sys.stdout if serves else sys.stderr
    configure(
        service=service.name, instance=settings.instance, level=settings.log_level, stream=stream
    )
    match arguments.command:
        case "api":
            serve(api_app(service), settings)
        case "worker":
            serve(worker_app(service), settings)
        case _:
            asyncio.run(_once(service, arguments))
    return 0


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.name}", description=service.about)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve the HTTP API")
    commands.add_parser("worker", help="consume events and relay the outbox")
    commands.add_parser("migrate", help="bring the database schema to the newest version")
    plain = _add_commands(service, commands)
    prepare = commands.add_parser("prepare", help="migrate, take a key and do what else is named")
    keys.take_key(prepare)
    prepare.add_argument("--also", nargs="*", default=[], choices=plain)
    for topic in dict.fromkeys(_TOPICS.values()):
        topic.declare(commands)
    return parser


def _add_commands(service: Service, commands: Commands) -> list[str]:
    """Add the service's own commands; return the names of those that need no options."""
    plain: list[str] = []
    for name, command in service.commands.items():
        if isinstance(command, CommandWithOptions):
            command.declare(commands.add_parser(name, help=_about(command.run)))
        else:
            commands.add_parser(name, help=_about(command))
            plain.append(name)
    return plain


def _about(does: object) -> str:
    return (does.__doc__ or "").strip().partition("\n")[0].replace("%", "%%")


async def _once(service: Service, arguments: argparse.Namespace) -> None:
    name = arguments.command
    if name == "migrate":
        await _migrate(service)
    elif name == "prepare":
        await _migrate(service)
        await keys.ensure(service, arguments)
        for also in arguments.also:
            await _do(service, also, arguments)
    elif name in _TOPICS:
        await _TOPICS[name].run(service, arguments)
    else:
        await _do(service, name, arguments)


async def _migrate(service: Service) -> None:
    from common.database.migrating import migrate  # noqa: PLC0415 - who serves never migrates

    engine = open_engine(service.settings.database_url, application=f"{service.name}-migrate")
    await migrate(engine, service.name, service.tables)
    await engine.dispose()


async def _do(service: Service, name: str, arguments: argparse.Namespace) -> None:
    runtime = service.runtime(connections_max=2, sweeps=False)
    command = service.commands[name]
    try:
        if isinstance(command, CommandWithOptions):
            await command.run(runtime, arguments)
        else:
            await command(runtime)
    except Problem as refusal:
        raise SystemExit(str(refusal)) from None
    finally:
        await runtime.close()
