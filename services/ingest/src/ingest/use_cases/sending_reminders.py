"""Tells people of overdue orders, by webhook and e-mail: each order once by each way.

A reminder is noted after it was handed over. Whoever dies between the two is followed by one who
sends it again: twice is better than never.
"""

import asyncio
from collections.abc import Sequence

import structlog

from common.database.work import WorkFactory
from common.service import Runtime
from ingest.domain.reminder import Reminder
from ingest.gateways.reminder_ways import Undelivered, Way
from ingest.store import reminders

PERIOD_SECONDS = 10.0
PAUSE_SECONDS_MAX = 300.0
AT_ONCE = 200

log = structlog.get_logger()


async def remind(works: WorkFactory, way: Way, desk: str | None) -> int:
    """Send one reminder of all that are overdue and were not told of; return how many those are.

    Raises:
        Undelivered: it was not taken; the same orders are told of next time.
    """
    async with works.begin() as work:
        if not await reminders.take_turn(work.connection):
            return 0
        waiting = await reminders.unsent(work.connection, way.name, limit=AT_ONCE)
        if waiting:
            await way.send(Reminder(waiting, desk))
            await reminders.note_sent(work.connection, way.name, waiting, work.now)
    return len(waiting)


async def keep_sending(runtime: Runtime, ways: Sequence[Way], desk: str | None) -> None:
    """Remind by every way, until cancelled; one that fails does not hold up another."""
    await asyncio.gather(*(_keep_sending_by(way, runtime.works, desk) for way in ways))


async def _keep_sending_by(way: Way, works: WorkFactory, desk: str | None) -> None:
    pause = PERIOD_SECONDS
    while True:
        try:
            told = await remind(works, way, desk)
            pause = PERIOD_SECONDS if told < AT_ONCE else 0.0
        except Undelivered as error:
            pause = min(max(2 * pause, PERIOD_SECONDS), PAUSE_SECONDS_MAX)
            log.warning("reminder.undelivered", way=way.name, error=str(error))
        except Exception as error:  # must not end the worker
            pause = PERIOD_SECONDS
            log.warning("reminding.failed", exc_info=error)
        await asyncio.sleep(pause)
