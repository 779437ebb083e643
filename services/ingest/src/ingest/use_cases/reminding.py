"""Reminds of quarantined orders whose deadline has passed: once for each."""

import asyncio
from datetime import timedelta

import structlog

from common.contracts.event import Cause
from common.contracts.ingest import QuarantineOverdue
from common.database.work import Work
from common.ids import new_id
from common.service import Runtime
from ingest.store import overdue

PERIOD_SECONDS = 10.0
AT_ONCE = 200

log = structlog.get_logger()


async def announce_overdue(work: Work, time: timedelta) -> int:
    """Announce some of those that are overdue and were not announced yet; return how many."""
    found = await overdue.take_unannounced(
        work.connection, work.now - time, work.now, limit=AT_ONCE
    )
    for one in found:
        event = QuarantineOverdue(
            order_id=one.order_id,
            channel=one.channel,
            shop=one.shop,
            owner=one.owner,
            opened_at=one.opened_at,
            due_at=one.opened_at + time,
            reasons=tuple(dict.fromkeys(reason.code for reason in one.reasons)),
        )
        work.publish(event, because=Cause(correlation_id=new_id()))
    return len(found)


async def keep_reminding(runtime: Runtime, time: timedelta) -> None:
    """Announce what becomes overdue, until cancelled."""
    while True:
        try:
            async with runtime.works.begin() as work:
                announced = await announce_overdue(work, time)
            runtime.relay.offer(work.announced)
        except Exception as error:  # must not end the worker
            log.warning("reminding.failed", exc_info=error)
            announced = 0
        if announced < AT_ONCE:
            await asyncio.sleep(PERIOD_SECONDS)
