"""`parked`: events that could not be handled; giving them back is recorded."""

import argparse

from common.command_line.doing import Commands, actor, opened
from common.database import whereabouts
from common.database.operations import record
from common.messaging import parking
from common.service import Service


def declare(commands: Commands) -> None:
    parked = commands.add_parser("parked", help="events that could not be handled")
    actions = parked.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="a line for each")
    listing.add_argument("--limit", type=int, default=100)
    show = actions.add_parser("show", help="one, whole (holds personal data)")
    show.add_argument("event_id")
    replay = actions.add_parser("replay", help="give them back to the workers")
    replay.add_argument("event_ids", nargs="*", metavar="EVENT_ID")
    replay.add_argument("--all", action="store_true", dest="everything")
    replay.add_argument("--reason", default="", help="why; it is kept with the operation")


async def run(service: Service, arguments: argparse.Namespace) -> None:
    url, queues = service.settings.amqp_url, service.queues()
    match arguments.action:
        case "list":
            for event in await parking.listed(url, queues, limit=arguments.limit):
                print(event.line())  # noqa: T201 - this is what was asked for
        case "show":
            body = await parking.shown(url, queues, event_id=arguments.event_id)
            print(body if body is not None else "No such parked event.")  # noqa: T201 - see above
        case _:
            await _replay(service, arguments)


async def _replay(service: Service, arguments: argparse.Namespace) -> None:
    """Record it first: what was given back without a trace could not be told from what was not."""
    wanted = None if arguments.everything else frozenset(arguments.event_ids)
    async with opened(service) as works, works.begin() as work:
        record(
            work,
            actor=actor(),
            action="parked.replayed",
            subject=("queue", service.queues().parked.name),
            after={"events": "all" if wanted is None else sorted(wanted)},
            reason=arguments.reason,
        )
        # They are not known to be parked from now on: what gets lost on its way is emitted again.
        await whereabouts.no_longer_parked(
            work.connection, service.tables, service.queues().parked.name, wanted
        )
    queues = service.queues()
    count = await parking.replay(service.settings.amqp_url, queues, event_ids=wanted)
    print(f"Given back: {count}.")  # noqa: T201 - this is what was asked for
