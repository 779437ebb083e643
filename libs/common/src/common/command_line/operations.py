"""`operations`: who did what; and whether the log of it is whole."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from common.command_line import keeping
from common.command_line.doing import Commands, opened, take_span
from common.database.exporting import rows_of
from common.database.operation_chain import Entry, Inspection
from common.database.operation_log import Wanted, entry_of, inspect, page
from common.service import Service

EVENT = "operations.anchored"


def declare(commands: Commands) -> None:
    operations = commands.add_parser("operations", help="who did what to which thing, and why")
    actions = operations.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="a line for each, the newest first")
    for name in ("actor", "action", "subject", "text"):
        show.add_argument(f"--{name}", dest=f"wanted_{name}")
    show.add_argument("--order", type=UUID)
    take_span(show, required=False)
    show.add_argument("--limit", type=int, default=50)
    verify = actions.add_parser("verify", help="prove that nothing was changed or is missing")
    verify.add_argument(
        "--anchors", type=Path, help="logs of the service: ends of the log once told"
    )
    verify.add_argument("--file", type=Path, help="an exported file instead of the database")
    keeping.declare_span(actions.add_parser("export", help="as lines of JSON, oldest first"))


async def run(service: Service, arguments: argparse.Namespace) -> None:
    match arguments.action:
        case "show":
            await _show(service, arguments)
        case "verify":
            await _verify(service, arguments)
        case _:
            arguments.kind = keeping.OPERATIONS
            await keeping.export(service, arguments)


async def _show(service: Service, arguments: argparse.Namespace) -> None:
    wanted = Wanted(
        actor=arguments.wanted_actor,
        action=arguments.wanted_action,
        subject=arguments.wanted_subject,
        order_id=arguments.order,
        since=arguments.since,
        until=arguments.until,
        text=arguments.wanted_text,
    )
    async with opened(service) as works, works.engine.connect() as connection:
        found = await page(connection, works.tables, wanted, after=None, limit=arguments.limit)
    for entry in found:
        print(_line(entry))  # noqa: T201 - this is what was asked for


def _line(entry: Entry) -> str:
    did = entry.operation
    change = " → ".join(json.dumps(c, ensure_ascii=False) for c in (did.before, did.after) if c)
    head = f"#{entry.number}  {did.at.isoformat(timespec='seconds')}  {did.actor}  {did.action}"
    return "  ".join(
        filter(None, (head, f"{did.subject_kind}:{did.subject_id}", change, did.reason))
    )


async def _verify(service: Service, arguments: argparse.Namespace) -> None:
    anchors: dict[int, bytes] = {}
    if arguments.anchors:
        with arguments.anchors.open() as lines:
            anchors = anchors_in(lines, service.name)
    if arguments.file:
        inspection = _inspected(service, arguments.file, anchors)
    else:
        async with opened(service) as works, works.engine.connect() as connection:
            inspection = await inspect(connection, works.tables, anchors)
    if inspection.fault is not None:
        raise SystemExit(f"Broken at entry {inspection.fault.number}: {inspection.fault.told}")
    compared = f", {len(anchors)} anchors" if anchors else ""
    last = f"the last is {inspection.last.number} ({inspection.last.hash.hex()})"
    print(f"Whole: {inspection.entries} entries{compared}; {last}.")  # noqa: T201 - the answer


def _inspected(service: Service, file: Path, anchors: dict[int, bytes]) -> Inspection:
    kind = keeping.kind_named(service, keeping.OPERATIONS)
    keeping.must_fit(file, service, kind)
    inspection = Inspection(None, anchors)
    with file.open() as lines:
        for _, rows in rows_of(lines, kind):
            if not all(inspection.follow(entry_of(row)) for row in rows):
                break
    inspection.end(None)
    return inspection


def anchors_in(lines: Iterable[str], service: str) -> dict[int, bytes]:
    """Read the ends of the operation log that a service's processes told in their logs."""
    found: dict[int, bytes] = {}
    for line in lines:
        if EVENT not in line:
            continue
        try:
            said = json.loads(line[line.index("{") :])
            if said["event"] == EVENT and said["service"] == service and said["number"]:
                found[int(said["number"])] = bytes.fromhex(said["hash"])
        except (ValueError, LookupError, TypeError):
            continue  # half a line, or another program's
    return found
