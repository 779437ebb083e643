"""Orders that may not enter yet: see why, correct them, let them in or close them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from common.contracts.event import Cause
from common.database.work import Work
from common.http.auth import Principal, requires
from common.http.idempotency import Once
from common.http.problems import NotFound
from common.http.reading import Reading
from ingest.api.views import QuarantinedView, QuarantineView, quarantined_view
from ingest.domain.draft import Draft
from ingest.domain.validation import LEGIBLE
from ingest.store import quarantine
from ingest.store.quarantine import Resolution
from ingest.use_cases import quarantined_orders

router = APIRouter(prefix="/v1/quarantine", tags=["quarantine"])

Reader = Annotated[Principal, requires("ingest:read")]
Writer = Annotated[Principal, requires("ingest:write")]


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, pattern=LEGIBLE)


@router.get("")
async def list_quarantine(
    reading: Reading,
    _: Reader,
    state: Annotated[str, Query(pattern="^(open|resolved)$")] = "open",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QuarantineView:
    """Return quarantined orders by arrival."""
    found = await quarantine.listed(reading, resolved=state == "resolved", after=after, limit=limit)
    return QuarantineView(orders=[quarantined_view(one) for one in found])


@router.get("/{order_id}")
async def read_quarantined(order_id: UUID, reading: Reading, _: Reader) -> QuarantinedView:
    """Return one quarantined order with its reasons."""
    found = await quarantine.find(reading, order_id)
    if found is None:
        raise NotFound(f"Order {order_id} was never in quarantine.")
    return quarantined_view(found)


@router.patch("/{order_id}", response_model=QuarantinedView)
async def correct_order(
    order_id: UUID,
    patch: Annotated[dict[str, Any], Body(media_type="application/merge-patch+json")],
    principal: Writer,
    once: Once,
) -> Response:
    """Correct fields by a JSON merge patch (RFC 7396); the answer says what is still wrong."""

    async def command(work: Work, _: Cause) -> QuarantinedView:
        found = await quarantined_orders.correct(work, order_id, patch, principal.name)
        return quarantined_view(found)

    return await once.run(principal, command)


@router.post("/{order_id}/release", response_model=QuarantinedView)
async def release_order(
    order_id: UUID, body: Why, principal: Writer, once: Once, request: Request
) -> Response:
    """Let a corrected order in."""
    let_in: list[Draft] = []

    async def command(work: Work, cause: Cause) -> QuarantinedView:
        resolution = _resolution("released", body, principal, work)
        released = await quarantined_orders.release(work, order_id, resolution, cause)
        let_in.append(released.draft)
        return quarantined_view(released)

    answer = await once.run(principal, command)
    for draft in let_in:  # none where the answer is a repeated one
        request.app.state.measures.let_in(draft)
    return answer


@router.post("/{order_id}/discard", response_model=QuarantinedView)
async def discard_order(order_id: UUID, body: Why, principal: Writer, once: Once) -> Response:
    """Close the case without letting the order in."""

    async def command(work: Work, _: Cause) -> QuarantinedView:
        resolution = _resolution("discarded", body, principal, work)
        return quarantined_view(await quarantined_orders.discard(work, order_id, resolution))

    return await once.run(principal, command)


def _resolution(how: str, body: Why, principal: Principal, work: Work) -> Resolution:
    return Resolution(
        resolution=how, resolved_by=principal.name, resolved_at=work.now, reason=body.reason
    )
