"""Refunds that nobody could be told of: a person sees to each, and says so."""

from dataclasses import dataclass
from uuid import UUID

from common.database.operations import record
from common.database.work import Work
from common.http.problems import NotFound
from ingest.store import kept_refunds


@dataclass(frozen=True, slots=True)
class Closing:
    """What a person says was done about a refund."""

    by: str
    reason: str


async def close_refund(work: Work, order_id: UUID, reference: str, closing: Closing) -> None:
    """Note that a person has seen to it; who and why is in the operation log.

    Raises:
        NotFound: no such refund waits for a person.
    """
    closed = await kept_refunds.close(work.connection, order_id, reference, work.now)
    if closed is None:
        raise NotFound(f"Order {order_id} has no refund of this reference that nobody was told of.")
    record(
        work,
        actor=closing.by,
        action="refund.closed",
        subject=("order", order_id),
        order_id=order_id,
        before={"reference": reference, **closed},
        after={"closed": True},
        reason=closing.reason,
    )
