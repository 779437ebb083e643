"""The toy as a whole service, for tests that need real processes."""

import os
from argparse import ArgumentParser, Namespace
from typing import NoReturn

from fastapi import FastAPI

from common.contracts.event import Message
from common.database.rows import insert_rows
from common.database.work import Work
from common.http.problems import Conflict
from common.ids import new_id
from common.messaging.subscription import on
from common.service import CommandWithOptions, Runtime, Service
from common.settings import ServiceSettings
from toy import tables
from toy.events import Noted
from toy.notebook import Notebook

POISON = "poison"
CRASH_STATUS = 86


async def _crash(_: Message[Noted], __: Work) -> NoReturn:
    os._exit(CRASH_STATUS)


def service() -> Service:
    return Service(
        name="toy",
        about="Writes notes down.",
        settings=ServiceSettings(),
        tables=tables.carried,
        mount=mount,
        subscriptions=(on(Noted, Notebook({POISON: _crash})),),
        commands={"jot": CommandWithOptions(_declare, _jot), "greet": _greet},
    )


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("--text", required=True)
    parser.add_argument("--times", type=int, default=1)


async def _jot(runtime: Runtime, options: Namespace) -> None:
    """Write a text down, 100 % as it is.

    This is not for the list of commands.
    """
    async with runtime.works.begin() as work:
        columns = {
            "event_id": [new_id() for _ in range(options.times)],
            "text": [options.text] * options.times,
            "detail": ["{}"] * options.times,
        }
        await insert_rows(work.connection, tables.note, columns)
        if options.text == "nonsense":
            raise Conflict("Nonsense is not written down.")


async def _greet(runtime: Runtime) -> None:
    """Write down a greeting."""
    await _jot(runtime, Namespace(text="hello", times=1))


def mount(_: FastAPI, __: Runtime) -> None:
    """The toy has nothing to say over HTTP."""
