"""Messages that were kept, read once more by the mapping that is in force now.

A message of a channel that nobody had mapped waits in quarantine as an order that says nothing:
when its orders are found, that one is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.contracts.event import Cause
from common.database.operations import record
from common.database.work import Work
from common.http.problems import Conflict, FieldError, Unprocessable
from common.life_cycle import State
from ingest.domain.receipt import Status
from ingest.store import quarantine, receipts, sales_orders
from ingest.store.quarantine import Resolution
from ingest.store.receipts import IMPORTED, UNMAPPED_TOPICS, KeptMessage
from ingest.use_cases.accept_orders import accept_orders
from ingest.use_cases.active_mappings import Active
from ingest.use_cases.quarantined_orders import discard
from ingest.use_cases.reading import orders_of
from ingest.use_cases.submission import Reply, Submission


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one message when it was read again."""

    receipt_id: UUID
    submission: Submission
    reply: Reply
    closed: tuple[UUID, ...]
    """Orders in quarantine that said nothing, and are not needed any more."""


def read_again(message: KeptMessage, active: Active | None, cause: Cause) -> Submission:
    """Read a kept message as if it came now.

    Raises:
        Conflict: no mapping is in force for it.
        Unprocessable: no mapping reads messages of its kind, or this one does not.
    """
    if message.topic in UNMAPPED_TOPICS or message.topic.startswith(IMPORTED):
        raise _wrong(message, "no_mapping_reads_it", "is no message that a mapping reads")
    if active is None:
        raise Conflict("There is no mapping in force for this channel and shop.")
    read = orders_of(
        active.mapping,
        message.body,
        channel=message.channel,
        shop=message.shop,
        topic=message.topic,
    )
    if read.unreadable:
        raise _wrong(message, read.unreadable.code, f"still: {read.unreadable.message}")
    if not read.incoming and not read.to_fetch:
        raise _wrong(message, "says_nothing", "the mapping in force finds no order in it")
    # By the same published mapping it says the same again; what comes with Sluice has no id.
    same = f"replay:{message.receipt_id}:{active.mapping_id}" if active.mapping_id else None
    return Submission(
        channel=message.channel,
        shop=message.shop,
        topic=message.topic,
        body=message.body,
        incoming=read.incoming,
        to_fetch=read.to_fetch,
        cause=cause,
        mapping_id=active.mapping_id,
        delivery_id=same,
    )


def _wrong(message: KeptMessage, code: str, problem: str) -> Unprocessable:
    text = f"{message.receipt_id}: {problem}"
    return Unprocessable(text, errors=[FieldError(field="receipt_ids", code=code, message=text)])


async def replay(
    work: Work, messages: Sequence[tuple[UUID, Submission]], *, by: str, reason: str
) -> list[Replayed]:
    """Take in what the messages say, each known by the id of its first receipt."""
    replies = await accept_orders([submission for _, submission in messages], work)
    made = []
    for (receipt_id, submission), reply in zip(messages, replies, strict=True):
        if isinstance(reply, Exception):
            raise reply
        closed = await _close(work, receipt_id, by=by, reason=reason)
        record(
            work,
            actor=by,
            action="message.replayed",
            subject=("receipt", receipt_id),
            after={
                "receipt_id": str(reply.receipt.receipt_id),
                "mapping_id": submission.mapping_id and str(submission.mapping_id),
                "orders": len(reply.receipt.orders),
            },
            reason=reason,
        )
        made.append(Replayed(receipt_id, submission, reply, closed))
    return made


async def _close(work: Work, receipt_id: UUID, *, by: str, reason: str) -> tuple[UUID, ...]:
    """Close what the message left in quarantine without a number, unless a person has begun."""
    closed = []
    for order in await receipts.orders_in(work.connection, receipt_id):
        if order.status is not Status.QUARANTINED or order.channel_order_no is not None:
            continue
        if await _is_untouched(work, order.order_id):
            resolution = Resolution(
                resolution="discarded", resolved_by=by, resolved_at=work.now, reason=reason
            )
            await discard(work, order.order_id, resolution)
            closed.append(order.order_id)
    return tuple(closed)


async def _is_untouched(work: Work, order_id: UUID) -> bool:
    stored = await sales_orders.lock_one(work.connection, order_id)
    if stored is None or stored.state is not State.QUARANTINED:
        return False
    return not await quarantine.is_corrected(work.connection, order_id)
