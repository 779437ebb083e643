"""A person's judgement of a held order: taken once, and repeatable."""

from uuid import UUID

from common.contracts.event import Cause
from common.database.operations import record
from common.database.work import Work
from risk.domain.assessment import Assessment, Verdict, reviewed
from risk.domain.decision import Outcome
from risk.domain.deferral import Result
from risk.store import assessments, deferrals, exposure, held_orders
from risk.use_cases import featuring
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
    await assessments.add(work.connection, [assessed])
    await held_orders.remove(work.connection, [order_id])
    await _forget_deferred(work, order_id)
    # Counters last, as everywhere: who changes both must not wait for each other.
    if verdict.outcome is Outcome.REJECTED:
        subject = featuring.subject_of(order_id, waiting.order, work.now)
        await featuring.count_refusal(work, subject)
    flow = Cause(correlation_id=waiting.correlation_id, traceparent=traceparent)
    work.publish(announcement(assessed, waiting.order), because=flow)
    record(
        work,
        actor=verdict.reviewer,
        action="review.decided",
        subject=("order", order_id),
        order_id=order_id,
        before={"outcome": waiting.held.decision.outcome},
        after={"outcome": verdict.outcome, "decision_no": assessed.decision_no},
        reason=verdict.text,
    )
    return assessed


async def _forget_deferred(work: Work, order_id: UUID) -> None:
    """A person has decided without the checks that were still to be made up for."""
    left = await deferrals.lock(work.connection, [order_id])
    await deferrals.end(work.connection, [(d, Result.MOOT) for d in left], work.now)
    taken = {key: -amount for key, amount in exposure.sums(left).items()}
    await exposure.change(work.connection, taken)
