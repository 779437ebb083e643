"""`python -m <service> <command>`: the same commands for every service."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from common.database.engine import open_engine
from common.database.migrating import migrate
from common.http.auth import ensure_key, revoke_key
from common.http.problems import Problem
from common.messaging import parking
from common.service import CommandWithOptions, Service, api_app, serve, worker_app
from common.telemetry.logging import configure


def run(service: Service, argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit status."""
    arguments = _parser(service).parse_args(argv)
    settings = service.settings
    configure(service=service.name, instance=settings.instance, level=settings.log_level)
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
    _take_key(prepare)
    prepare.add_argument("--also", nargs="*", default=[], choices=plain)
    keys = commands.add_parser("keys", help="who may call the API")
    keys_commands = keys.add_subparsers(dest="action", required=True)
    ensure = keys_commands.add_parser("ensure", help="make a key valid; reads it from stdin")
    _take_key(ensure)
    keys_commands.add_parser("revoke", help="end a key").add_argument("name")

    parked = commands.add_parser("parked", help="events that could not be handled")
    parked_commands = parked.add_subparsers(dest="action", required=True)
    listing = parked_commands.add_parser("list", help="a line for each")
    listing.add_argument("--limit", type=int, default=100)
    show = parked_commands.add_parser("show", help="one, whole (holds personal data)")
    show.add_argument("event_id")
    replay = parked_commands.add_parser("replay", help="give them back to the workers")
    replay.add_argument("event_ids", nargs="*", metavar="EVENT_ID")
    replay.add_argument("--all", action="store_true", dest="everything")
    return parser


def _add_commands(
    service: Service, commands: "argparse._SubParsersAction[argparse.ArgumentParser]"
) -> list[str]:
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


def _take_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--scopes", nargs="+", required=True, metavar="SCOPE")
    parser.add_argument("--key-stdin", action="store_true", required=True)


async def _once(service: Service, arguments: argparse.Namespace) -> None:
    match arguments.command, getattr(arguments, "action", None):
        case "migrate", _:
            await _migrate(service)
        case "prepare", _:
            await _migrate(service)
            await _ensure_key(service, arguments)
            for name in arguments.also:
                await _do(service, name, arguments)
        case "keys", "ensure":
            await _ensure_key(service, arguments)
        case "keys", _:
            await _revoke_key(service, arguments)
        case "parked", _:
            await _parked(service, arguments)
        case name, _:
            await _do(service, name, arguments)


async def _migrate(service: Service) -> None:
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


async def _ensure_key(service: Service, arguments: argparse.Namespace) -> None:
    key = sys.stdin.readline().strip()
    if not key:
        raise SystemExit("Send the key on standard input.")
    engine = open_engine(service.settings.database_url, application=f"{service.name}-keys")
    async with engine.begin() as connection:
        await ensure_key(
            connection, service.tables, name=arguments.name, key=key, scopes=arguments.scopes
        )
    await engine.dispose()


async def _revoke_key(service: Service, arguments: argparse.Namespace) -> None:
    engine = open_engine(service.settings.database_url, application=f"{service.name}-keys")
    async with engine.begin() as connection:
        await revoke_key(connection, service.tables, name=arguments.name)
    await engine.dispose()


async def _parked(service: Service, arguments: argparse.Namespace) -> None:
    url, queues = service.settings.amqp_url, service.queues()
    match arguments.action:
        case "list":
            for event in await parking.listed(url, queues, limit=arguments.limit):
                print(event.line())  # noqa: T201 - this is what was asked for
        case "show":
            body = await parking.shown(url, queues, event_id=arguments.event_id)
            print(body if body is not None else "No such parked event.")  # noqa: T201 - see above
        case _:
            wanted = None if arguments.everything else frozenset(arguments.event_ids)
            count = await parking.replay(url, queues, event_ids=wanted)
            print(f"Given back: {count}.")  # noqa: T201 - see above
