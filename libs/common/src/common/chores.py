"""What every worker does now and then: partitions, and answers kept long enough."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import monotonic_seconds, utc_now
from common.database.engine import answers
from common.database.operation_log import head
from common.database.partitions import maintain
from common.database.schema import Carried
from common.database.whereabouts import forget_old
from common.database.work import tell_anchor
from common.http.idempotency import forget_old_keys
from common.telemetry.metrics import Metrics

PERIOD_SECONDS = 3600.0

PROBE_SECONDS = 2.0

log = structlog.get_logger()


async def keep_house(engine: AsyncEngine, tables: Carried, operations_days: int) -> None:
    """Make partitions ahead and drop those past retention, until cancelled.

    Each time the end of the operation log is told to the log of the process, which a tamperer of
    the database does not reach.

    Several workers may do it at once: each statement is idempotent, and one that loses a race is
    done again in an hour, with a week of partitions in hand.
    """
    while True:
        try:
            async with engine.begin() as connection:
                today = utc_now().date()
                dropped = await maintain(connection, tables, today, operations_days)
                await forget_old_keys(connection, tables)
                await forget_old(connection, tables)
                end = await head(connection, tables)
            log.info("house.kept", dropped=dropped)
            tell_anchor(end)
        except Exception as error:
            log.warning("house.failed", exc_info=error)
        await asyncio.sleep(PERIOD_SECONDS)


async def probe_database(engine: AsyncEngine, metrics: Metrics) -> None:
    """Measure how long the database takes over nothing at all, until cancelled.

    Who scales by the backlog has to know when the database is what is slow.
    """
    while True:
        began = monotonic_seconds()
        if await answers(engine):
            metrics.database_answered_in(monotonic_seconds() - began)
        await asyncio.sleep(PROBE_SECONDS)
