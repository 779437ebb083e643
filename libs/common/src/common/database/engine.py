"""The one way to connect to PostgreSQL, with a time limit on everything."""

import asyncio

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CONNECT_SECONDS_MAX = 5
COMMAND_SECONDS_MAX = 30
STATEMENT_MILLISECONDS_MAX = 20_000
LOCK_MILLISECONDS_MAX = 10_000
IDLE_MILLISECONDS_MAX = 15_000  # a frozen process must not keep its locks for ever
ANSWER_SECONDS_MAX = 5

Connection = AsyncConnection
Engine = AsyncEngine
"""For those who hand them on to a store and speak no SQL themselves."""


def open_engine(database_url: str, *, application: str, connections_max: int = 10) -> AsyncEngine:
    """Return an engine; nothing is connected before it is first used."""
    return create_async_engine(
        make_url(database_url).set(drivername="postgresql+asyncpg"),
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS_MAX,
        hide_parameters=True,  # personal data must not reach an error message
        connect_args={
            "timeout": CONNECT_SECONDS_MAX,
            "command_timeout": COMMAND_SECONDS_MAX,
            "server_settings": {
                "application_name": application,
                "jit": "off",
                "statement_timeout": str(STATEMENT_MILLISECONDS_MAX),
                "lock_timeout": str(LOCK_MILLISECONDS_MAX),
                "idle_in_transaction_session_timeout": str(IDLE_MILLISECONDS_MAX),
            },
        },
    )


async def answers(engine: AsyncEngine) -> bool:
    """Ask the server whether it is there and can be written to: a standby can not."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX), engine.connect() as connection:
            read_only = await connection.scalar(text("show transaction_read_only"))
    except Exception:  # noqa: BLE001 - whatever it is, the answer is the same
        return False
    return bool(read_only == "off")


async def trouble_of(engine: AsyncEngine) -> str | None:
    """Say what keeps the database from answering at once, or nothing."""
    try:
        async with asyncio.timeout(2), engine.connect() as connection:
            await connection.execute(text("select 1"))
    except Exception:  # noqa: BLE001 - whatever it is, the answer is the same
        return "the database does not answer"
    return None
