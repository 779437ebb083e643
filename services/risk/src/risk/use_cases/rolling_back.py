"""`python -m risk rollback`: for the minute in which nobody wants to look up an API."""

import getpass
from argparse import ArgumentParser, Namespace
from datetime import datetime

from common.http.problems import Conflict
from common.service import CommandWithOptions, Runtime
from risk.use_cases import releasing
from risk.use_cases.releasing import By

ID_LENGTH = 64


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why; it is kept with the change")
    parser.add_argument(
        "--to",
        type=target,
        help="id of a rule set that was stable once, or a time with its zone; else the one before",
    )


def target(text: str) -> str | datetime:
    """Read the id of a rule set, or a time.

    Raises:
        ValueError: it is neither.
    """
    if len(text) == ID_LENGTH:
        return text
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its zone, such as 2026-11-22T09:30:00+08:00")
    return at


async def _run(runtime: Runtime, options: Namespace) -> None:
    """put in force the rule set that was before, and drop what is on its way"""  # noqa: D403, D415 - shown by --help
    by = By(f"{getpass.getuser()} (command line)", options.reason)
    async with runtime.works.begin() as work:
        if options.to is None:
            change = await releasing.roll_back(work, by)
        else:
            change = await releasing.roll_back_to(work, options.to, by)
    if change is None:
        raise Conflict("There is no such rule set to go back to.")
    print(f"Rule set {change.release.stable} is in force again.")  # noqa: T201 - the answer


rollback = CommandWithOptions(_declare, _run)
