"""`export`, `restore`, `re-emit`: what is kept is taken out, put back, and announced again."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from common.clock import utc_now
from common.command_line.doing import Commands, actor, opened, take_span
from common.contracts.readers import readers_of
from common.database.exporting import Kind, Part, Span, Unfit, check, exported, put_back, rows_of
from common.database.operations import record
from common.database.restoring_operations import restore as restore_operations
from common.database.work import Work, WorkFactory
from common.errors import Unavailable
from common.messaging import re_emitting
from common.messaging.re_emitting import Which
from common.messaging.topology import ServiceQueues
from common.service import Service

EVENTS, OPERATIONS = "events", "operations"


def kinds_of(service: Service) -> list[Kind]:
    tables = service.tables
    events = Kind(EVENTS, [Part(tables.event_log, tables.event_log.c.event_id)])
    operations = Kind(OPERATIONS, [Part(tables.operation, tables.operation.c.operation_id)])
    return [events, operations, *service.kinds]


def kind_named(service: Service, name: str) -> Kind:
    found = {kind.name: kind for kind in kinds_of(service)}
    if name not in found:
        raise SystemExit(f"{service.name} keeps: {', '.join(found)}.")
    return found[name]


def declare(commands: Commands) -> None:
    export = commands.add_parser("export", help="what is kept, as lines of JSON")
    export.add_argument("kind", help="events, operations, or what else the service keeps")
    declare_span(export)
    restore = commands.add_parser("restore", help="put back rows that are missing, from an export")
    restore.add_argument("kind", help="as exported")
    restore.add_argument("file", type=Path)
    restore.add_argument("--reason", default="", help="why; it is kept with the operation")
    again = commands.add_parser("re-emit", help="announce events of the log once more")
    again.add_argument("--order", type=UUID, help="those of one order")
    take_span(again, required=False)
    again.add_argument("--to", help="only to this service; else to all who read them")
    again.add_argument("--reason", default="", help="why; it is kept with the operation")


def declare_span(parser: argparse.ArgumentParser) -> None:
    take_span(parser, required=True)


async def run(service: Service, arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "export":
            await export(service, arguments)
        case "restore":
            await _restore(service, arguments)
        case _:
            await _re_emit(service, arguments)


async def export(service: Service, arguments: argparse.Namespace) -> None:
    kind = kind_named(service, arguments.kind)
    span = Span(arguments.since, arguments.until or utc_now())
    async with opened(service) as works, works.engine.connect() as connection:
        async for line in exported(connection, service.name, kind, span):
            print(line)  # noqa: T201 - this is what was asked for


def must_fit(file: Path, service: Service, kind: Kind) -> int:
    """Return how many rows the file has; end the program where it is not whole or of this kind."""
    try:
        with file.open() as lines:
            return check(lines, service.name, kind)
    except (Unfit, OSError, UnicodeDecodeError) as error:
        raise SystemExit(str(error)) from None


async def _restore(service: Service, arguments: argparse.Namespace) -> None:
    kind = kind_named(service, arguments.kind)
    rows = must_fit(arguments.file, service, kind)
    async with opened(service) as works:
        with _told():
            if kind.name == OPERATIONS:
                count = await _restore_operations(works, kind, arguments)
            else:
                count = await _restore_rows(works, kind, arguments)
    print(f"Put back: {count} of {rows}; the rest was there.")  # noqa: T201 - the answer


async def _restore_rows(works: WorkFactory, kind: Kind, arguments: argparse.Namespace) -> int:
    """Some at a time: what is there already is left alone, so it can be done again."""
    count = 0
    with arguments.file.open() as lines:
        for table, rows in rows_of(lines, kind):
            async with works.begin() as work:
                count += await put_back(work.connection, table, rows)
    if count:
        async with works.begin() as work:
            _record_restored(work, kind, arguments, count)
    return count


async def _restore_operations(works: WorkFactory, kind: Kind, arguments: argparse.Namespace) -> int:
    with arguments.file.open() as lines:
        everything = [row for _, rows in rows_of(lines, kind) for row in rows]
    async with works.begin() as work:
        count = await restore_operations(work.connection, works.tables, everything)
        if count:
            _record_restored(work, kind, arguments, count)
    return count


def _record_restored(work: Work, kind: Kind, arguments: argparse.Namespace, count: int) -> None:
    record(
        work,
        actor=actor(),
        action=f"{kind.name}.restored",
        subject=("file", arguments.file.name),
        after={"rows": count},
        reason=arguments.reason,
    )


async def _re_emit(service: Service, arguments: argparse.Namespace) -> None:
    which, about = _which(service, arguments)
    async with opened(service) as works:
        async with works.begin() as work:
            record(
                work,
                actor=actor(),
                action="events.re_emitted",
                subject=("events", about),
                order_id=arguments.order,
                after={"to": arguments.to or "all readers"},
                reason=arguments.reason,
            )
        with _told():
            if arguments.to is None:
                count = await re_emitting.to_all(works.engine, works.tables, which)
            else:
                reader, url = ServiceQueues(arguments.to), service.settings.amqp_url
                count = await re_emitting.to_one(works.engine, works.tables, which, reader, url)
    print(f"Announced again: {count}.")  # noqa: T201 - the answer


def _which(service: Service, arguments: argparse.Namespace) -> tuple[Which, str]:
    """Return which events are meant, and how they are named in the operation log."""
    if arguments.order is None and arguments.since is None:
        raise SystemExit("Say which: --order ID, or --since TIME.")
    types = None
    if arguments.to is not None:
        readers = readers_of(service.name)
        if arguments.to not in readers:
            raise SystemExit(f"Events of {service.name} are read by: {', '.join(readers) or '-'}.")
        types = readers[arguments.to]
    span, about = None, str(arguments.order)
    if arguments.since is not None:
        span = Span(arguments.since, arguments.until or utc_now())
        about = f"{span.since.isoformat()}/{span.until.isoformat()}"
    return Which(arguments.order, span, types), about


@contextmanager
def _told() -> Iterator[None]:
    """Turn what can be expected to go wrong into a sentence and a failed command."""
    try:
        yield
    except (Unfit, Unavailable) as refusal:
        raise SystemExit(str(refusal)) from None
