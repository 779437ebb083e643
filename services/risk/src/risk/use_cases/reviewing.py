"""A person's judgement of a held order: taken once, and repeatable."""

from uuid import UUID

from common.contracts.event import Cause
from common.database.work import Work
from risk.domain.assessment import Assessment, Verdict, reviewed
from risk.store import assessments, held_orders
from risk.use_cases.announcing import announcement


async def review(
    work: Work, order_id: UUID, verdict: Verdict, traceparent: str | None
) -> Assessment | None:
    """Decide a held order as the reviewer says; an order that does not wait keeps its decision.

    Returns the decision in force afterwards, whoever made it; None for an order never assessed.
    """
    waiting = await held_orders.lock(work.connection, order_id)
    if waiting is None:
        return (await assessments.latest(work.connection, [order_id])).get(order_id)
    assessed = reviewed(waiting.held, verdict, work.now)
    await assessments.add(work.connection, assessed)
    await held_orders.remove(work.connection, order_id)
    flow = Cause(correlation_id=waiting.correlation_id, traceparent=traceparent)
    work.publish(announcement(assessed, waiting.order), because=flow)
    return assessed
