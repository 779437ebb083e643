"""What commands share: who calls them, in which database, and how they read a time."""

import argparse
import getpass
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from common.database.engine import open_engine
from common.database.work import WorkFactory
from common.service import Service

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - has no other name


def actor() -> str:
    """Name who is at the command line, where the system knows."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "command line"


@asynccontextmanager
async def opened(service: Service) -> AsyncGenerator[WorkFactory]:
    engine = open_engine(
        service.settings.database_url, application=f"{service.name}-command", connections_max=2
    )
    try:
        yield WorkFactory(engine, service.tables)
    finally:
        await engine.dispose()


def moment(text: str) -> datetime:
    """Read a time with its zone, or a day, which begins at midnight UTC.

    Raises:
        ValueError: it is neither.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        if "T" in text or " " in text:
            raise ValueError("a time needs its zone, such as 2026-11-22T09:30:00+08:00")
        at = at.replace(tzinfo=UTC)
    return at


def take_span(parser: argparse.ArgumentParser, *, required: bool) -> None:
    when = "a time with its zone, or a day (UTC)"
    parser.add_argument("--since", type=moment, required=required, help=when)
    parser.add_argument("--until", type=moment, help=f"{when}; else now")
