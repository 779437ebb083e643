"""What every worker does now and then: partitions, and answers kept long enough."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from common.clock import utc_now
from common.database.partitions import maintain
from common.database.schema import Carried
from common.http.idempotency import forget_old_keys

PERIOD_SECONDS = 3600.0

log = structlog.get_logger()


async def keep_house(engine: AsyncEngine, tables: Carried) -> None:
    """Make partitions ahead and drop those past retention, until cancelled.

    Several workers may do it at once: each statement is idempotent, and one that loses a race is
    done again in an hour, with a week of partitions in hand.
    """
    while True:
        try:
            async with engine.begin() as connection:
                dropped = await maintain(connection, tables, utc_now().date())
                await forget_old_keys(connection, tables)
            log.info("house.kept", dropped=dropped)
        except Exception as error:
            log.warning("house.failed", exc_info=error)
        await asyncio.sleep(PERIOD_SECONDS)
