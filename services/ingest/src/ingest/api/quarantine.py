"""Orders that may not enter yet: see why, correct them, let them in or close them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request
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
from ingest.domain.validation import KEY_LENGTH_MAX, LEGIBLE
from ingest.settings import Settings
from ingest.store import quarantine
from ingest.store.quarantine import Resolution, Wanted
from ingest.use_cases import merging_orders, quarantined_orders

router = APIRouter(prefix="/v1/quarantine", tags=["quarantine"])

Reader = Annotated[Principal, requires("ingest:read")]
Writer = Annotated[Principal, requires("ingest:write")]


Name = Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX, pattern=LEGIBLE)]


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, pattern=LEGIBLE)


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "resolved"] = "open"
    reason: Name | None = None
    """A code among the reasons."""
    channel: Name | None = None
    owner: Name | None = None
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class MergeIn(Why):
    into: UUID
    """The order that it is a duplicate of."""


class AssignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    owner: Annotated[str, Field(min_length=1, max_length=100, pattern=LEGIBLE)] | None
    """null: nobody."""


def _time(request: Request) -> timedelta:
    settings: Settings = request.app.state.settings
    return settings.quarantine_time


Time = Annotated[timedelta, Depends(_time)]
"""How long a person has for a quarantined order."""


@router.get("")
async def list_quarantine(
    reading: Reading,
    _: Reader,
    asked: Annotated[Asked, Query()],
    time: Time,
) -> QuarantineView:
    """Return quarantined orders by arrival."""
    wanted = Wanted(
        resolved=asked.state == "resolved",
        reason=asked.reason,
        channel=asked.channel,
        owner=asked.owner,
        after=asked.after,
    )
    found = await quarantine.listed(reading, wanted, limit=asked.limit)
    return QuarantineView(orders=[quarantined_view(one, time) for one in found])


@router.get("/{order_id}")
async def read_quarantined(
    order_id: UUID, reading: Reading, _: Reader, time: Time
) -> QuarantinedView:
    """Return one quarantined order with its reasons."""
    found = await quarantine.find(reading, order_id)
    if found is None:
        raise NotFound(f"Order {order_id} was never in quarantine.")
    return quarantined_view(found, time)


@router.patch("/{order_id}", response_model=QuarantinedView)
async def correct_order(
    order_id: UUID,
    patch: Annotated[dict[str, Any], Body(media_type="application/merge-patch+json")],
    principal: Writer,
    once: Once,
    time: Time,
) -> Response:
    """Correct fields by a JSON merge patch (RFC 7396); the answer says what is still wrong."""

    async def command(work: Work, _: Cause) -> QuarantinedView:
        found = await quarantined_orders.correct(work, order_id, patch, principal.name)
        return quarantined_view(found, time)

    return await once.run(principal, command)


@router.post("/{order_id}/release", response_model=QuarantinedView)
async def release_order(
    order_id: UUID, body: Why, principal: Writer, once: Once, request: Request
) -> Response:
    """Let a corrected order in."""
    let_in: list[Draft] = []
    time = _time(request)

    async def command(work: Work, cause: Cause) -> QuarantinedView:
        resolution = _resolution("released", body, principal, work)
        released = await quarantined_orders.release(work, order_id, resolution, cause)
        let_in.append(released.draft)
        return quarantined_view(released, time)

    answer = await once.run(principal, command)
    for draft in let_in:  # none where the answer is a repeated one
        request.app.state.measures.let_in(draft)
    return answer


@router.post("/{order_id}/discard", response_model=QuarantinedView)
async def discard_order(
    order_id: UUID, body: Why, principal: Writer, once: Once, time: Time
) -> Response:
    """Close the case without letting the order in."""

    async def command(work: Work, _: Cause) -> QuarantinedView:
        resolution = _resolution("discarded", body, principal, work)
        return quarantined_view(await quarantined_orders.discard(work, order_id, resolution), time)

    return await once.run(principal, command)


@router.post("/{order_id}/merge", response_model=QuarantinedView)
async def merge_order(
    order_id: UUID, body: MergeIn, principal: Writer, once: Once, time: Time
) -> Response:
    """Close the case as a duplicate of another order, which gets the payments it does not know."""

    async def command(work: Work, cause: Cause) -> QuarantinedView:
        how = _resolution("merged", body, principal, work)
        resolution = replace(how, merged_into=body.into)
        merged = await merging_orders.merge(work, order_id, body.into, resolution, cause)
        return quarantined_view(merged, time)

    return await once.run(principal, command)


@router.post("/{order_id}/assign", response_model=QuarantinedView)
async def assign_order(
    order_id: UUID, body: AssignIn, principal: Writer, once: Once, time: Time
) -> Response:
    """Say who looks after the order."""

    async def command(work: Work, _: Cause) -> QuarantinedView:
        found = await quarantined_orders.assign(work, order_id, body.owner, principal.name)
        return quarantined_view(found, time)

    return await once.run(principal, command)


def _resolution(how: str, body: Why, principal: Principal, work: Work) -> Resolution:
    return Resolution(
        resolution=how, resolved_by=principal.name, resolved_at=work.now, reason=body.reason
    )
