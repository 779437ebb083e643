"""What does not agree, and why."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from common.http.auth import Principal, requires
from common.http.problems import FieldError, Unprocessable
from common.http.reading import Reading
from reconciliation.api.paging import Limit
from reconciliation.domain.differences import Kind, Position, Threshold, explain
from reconciliation.store import differences
from reconciliation.store.differences import Found, Place, SummaryView, Wanted

router = APIRouter(prefix="/v1/differences", tags=["differences"])


class DifferenceView(BaseModel):
    difference_id: str
    kind: Kind
    order_id: UUID | None
    channel: str | None
    shop: str | None
    channel_order_no: str | None
    statement_id: UUID | None
    line_no: int | None
    reference: str | None
    expected_minor: int
    received_minor: int
    difference_minor: int
    """Received less expected: negative where money is missing."""
    currency: str
    over_threshold: bool
    since: datetime
    explanation: str

    @classmethod
    def of(cls, found: Found, threshold: Threshold) -> Self:
        position = Position(
            found.kind,
            found.currency,
            found.expected_minor,
            found.received_minor,
            found.payable_minor,
            cancelled=found.cancelled,
        )
        facts = {name: getattr(found, name) for name in _TOLD}
        return cls(
            **facts,
            difference_id=str(found.place),
            over_threshold=threshold.reached_by(found.difference_minor, found.currency),
            explanation=explain(position),
        )


_TOLD = tuple(DifferenceView.model_fields.keys() & Found.__slots__)


class DifferencesView(BaseModel):
    items: list[DifferenceView]


class SummariesView(BaseModel):
    items: list[SummaryView]


async def _threshold(request: Request) -> Threshold:
    threshold: Threshold = request.app.state.threshold
    return threshold


CurrentThreshold = Annotated[Threshold, Depends(_threshold)]


async def _wanted(
    kind: Kind | None = None,
    min_minor: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    *,
    include_pending: bool = False,
) -> Wanted:
    """Unless asked for, what is not due yet is no difference."""
    kinds: list[Kind] = [kind] if kind else [k for k in Kind if k is not Kind.PENDING]
    if include_pending and Kind.MISSING in kinds:
        kinds.append(Kind.PENDING)
    return Wanted(kinds, min_minor)


async def _after(after: Annotated[str | None, Query(max_length=400)] = None) -> Place | None:
    try:
        return Place.parse(after) if after else None
    except ValueError:
        error = FieldError(field="query.after", code="id", message="must be a difference_id")
        raise Unprocessable("These fields are wrong: query.after.", errors=[error]) from None


Asked = Annotated[Wanted, Depends(_wanted)]
After = Annotated[Place | None, Depends(_after)]


@router.get("")
async def list_differences(
    _: Annotated[Principal, requires("reconciliation:read")],
    reading: Reading,
    threshold: CurrentThreshold,
    wanted: Asked,
    after: After,
    limit: Limit = 50,
) -> DifferencesView:
    """List what does not agree now, in the order of the ids of orders and lines."""
    found = await differences.listed(reading, wanted, after=after, limit=limit)
    return DifferencesView(items=[DifferenceView.of(f, threshold) for f in found])


@router.get("/summary")
async def summarise(
    _: Annotated[Principal, requires("reconciliation:read")], reading: Reading, wanted: Asked
) -> SummariesView:
    """Count and add up differences for each kind and currency."""
    return SummariesView(items=await differences.summary(reading, wanted))
