"""Where a reader's events go that are not settled yet: what it must be able to say when asked."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from common.database.whereabouts import Aside
from common.messaging.batch import Item
from common.messaging.outcome import Outcome, Park, Retry
from common.messaging.topology import RETRY_SECONDS, ServiceQueues

SLACK = timedelta(minutes=1)
"""From the end of a rung until the event has been read again."""


def asides(
    queues: ServiceQueues, outcomes: Iterable[tuple[Item, Outcome]], now: datetime
) -> list[Aside]:
    """Return those that were sent to the ladder or the parking lot."""
    found: list[Aside] = []
    for item, outcome in outcomes:
        event_id = item.message.event_id if item.message else _id_of(item.body)
        if event_id is None:
            continue
        match outcome:
            case Retry(rung):
                until = now + timedelta(seconds=RETRY_SECONDS[rung]) + SLACK
                found.append(Aside(event_id, queues.ladder[rung].name, until))
            case Park():
                found.append(Aside(event_id, queues.parked.name, None))
            case _:
                pass
    return found


def _id_of(body: bytes | None) -> UUID | None:
    """Find the id of an event that cannot be read otherwise, where it has one."""
    try:
        return UUID(json.loads(body or b"")[0]["event_id"])
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
