"""Reading kept messages again, by the mapping that is in force now."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once, cause_of
from common.http.problems import NotFound, ProblemView
from common.telemetry.metrics import Metrics
from ingest.api.mapping_trials import aside
from ingest.api.mapping_views import Body, Why
from ingest.api.views import ReceiptView
from ingest.domain.receipt import Status
from ingest.store import receipts
from ingest.store.receipts import KeptMessage
from ingest.use_cases.active_mappings import ActiveMappings
from ingest.use_cases.measures import Measures
from ingest.use_cases.replaying import Replayed, read_again, replay
from ingest.use_cases.submission import Submission

router = APIRouter(prefix="/v1/mappings", tags=["mappings"])

Mapper = Annotated[Principal, requires("ingest:map")]
MESSAGES_MAX = 50
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView} for status in (404, 409, 422, 503)
}


class ReplayIn(Body):
    receipt_ids: Annotated[list[UUID], Field(min_length=1, max_length=MESSAGES_MAX)]
    reason: Why


class ReplayedView(BaseModel):
    receipt_id: UUID
    """The message that was read again."""
    receipt: ReceiptView
    """What became of its orders now."""
    closed: list[UUID]
    """Orders in quarantine that said nothing, and were closed."""


class ReplaysView(BaseModel):
    messages: list[ReplayedView]


@router.post("/replay", response_model=ReplaysView, responses=_PROBLEMS)
async def replay_messages(
    body: ReplayIn, request: Request, principal: Mapper, once: Once
) -> Response:
    """Read kept messages by the mapping in force and take in their orders: all, or none of them.

    Orders that are here already are updated as a channel's own repeats would.
    """
    messages = await _again(request, body.receipt_ids)
    done: list[Replayed] = []

    async def command(work: Work, _: Cause) -> ReplaysView:
        done[:] = await replay(work, messages, by=principal.name, reason=body.reason)
        return ReplaysView(messages=[_view(one) for one in done])

    answer = await once.run(principal, command)
    _count(request, done)
    return answer


async def _again(request: Request, wanted: Sequence[UUID]) -> list[tuple[UUID, Submission]]:
    """Read the messages, in the order in which they came."""
    mappings: ActiveMappings = request.app.state.mappings
    await mappings.known()
    kept: list[KeptMessage] = []
    async with request.app.state.works.engine.connect() as connection:
        for receipt_id in sorted(set(wanted)):
            message = await receipts.find(connection, receipt_id)
            if message is None:
                raise NotFound(f"There is no message {receipt_id}.")
            kept.append(message)
    cause = cause_of(request)
    return [
        (
            one.receipt_id,
            await aside(request, read_again, one, mappings.of(one.channel, one.shop), cause),
        )
        for one in kept
    ]


def _count(request: Request, done: Sequence[Replayed]) -> None:
    """Count as the door does; nothing where the call was a repeated one."""
    metrics: Metrics = request.app.state.metrics
    measures: Measures = request.app.state.measures
    for one in done:
        known = one.submission.channel in request.app.state.channels
        channel = one.submission.channel if known else "other"
        for order in one.reply.receipt.orders:
            metrics.received(channel, Status.DUPLICATE if one.reply.replayed else order.status)
        if not one.reply.replayed:
            pairs = zip(one.submission.incoming, one.reply.receipt.orders, strict=False)
            for incoming, order in pairs:
                if order.status is Status.ACCEPTED:
                    measures.let_in(incoming.draft)


def _view(one: Replayed) -> ReplayedView:
    receipt = ReceiptView.model_validate(one.reply.receipt, from_attributes=True)
    return ReplayedView(receipt_id=one.receipt_id, receipt=receipt, closed=list(one.closed))
