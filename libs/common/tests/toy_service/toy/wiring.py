"""The toy as a whole service, for tests that need real processes."""

import os
from typing import NoReturn

from fastapi import FastAPI

from common.contracts.event import Message
from common.database.work import Work
from common.messaging.subscription import on
from common.service import Runtime, Service
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
    )


def mount(_: FastAPI, __: Runtime) -> None:
    """The toy has nothing to say over HTTP."""
