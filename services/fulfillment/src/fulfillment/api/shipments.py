"""HTTP: parcels on their way, and what couriers tell of them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel

from common.contracts.event import Cause
from common.database.work import Work
from common.http.idempotency import Once
from common.http.problems import ProblemView
from common.http.reading import Reading
from common.life_cycle import State
from fulfillment.api.fields import After, Body, Courier, Limit, Moment, Reader, TrackingNo, Writer
from fulfillment.store import listings
from fulfillment.use_cases.shipping import CourierNews, track

router = APIRouter(prefix="/v1/shipments", tags=["shipments"])


class NewsBody(Body):
    status: Literal[State.IN_TRANSIT, State.DELIVERED, State.RETURNED]
    occurred_at: Moment
    courier: Courier


class ShipmentView(BaseModel):
    order_id: UUID
    courier: str
    tracking_no: str
    status: State
    status_at: AwareDatetime
    handed_over_at: AwareDatetime


class ShipmentPage(BaseModel):
    items: list[ShipmentView]
    next: UUID | None = None
    """Give this as `after` for what follows."""


class TrackedView(BaseModel):
    order_id: UUID
    state: State
    version: int
    applied: bool
    """False: the news was old or repeated, and changed nothing."""


@router.get("")
async def list_shipments(
    _: Reader,
    connection: Reading,
    tracking_no: Annotated[str | None, Query(max_length=64)] = None,
    after: After = None,
    limit: Limit = 100,
) -> ShipmentPage:
    """List shipments by order id, or find one by its tracking number."""
    rows = await listings.shipments_page(
        connection, tracking_no=tracking_no, after=after, limit=limit
    )
    items = [ShipmentView(**r) for r in rows]
    return ShipmentPage(items=items, next=items[-1].order_id if len(items) == limit else None)


@router.post(
    "/{tracking_no}/events", response_model=TrackedView, responses={404: {"model": ProblemView}}
)
async def report(
    principal: Writer, once: Once, tracking_no: Annotated[TrackingNo, Path()], body: NewsBody
) -> Response:
    """Follow a parcel; old or repeated news is no error."""
    news = CourierNews(
        courier=body.courier,
        tracking_no=tracking_no,
        status=body.status,
        occurred_at=body.occurred_at,
        by=principal.name,
    )

    async def command(work: Work, cause: Cause) -> BaseModel:
        tracked = await track(work, news, cause)
        return TrackedView(
            order_id=tracked.order_id,
            state=tracked.state,
            version=tracked.version,
            applied=tracked.applied,
        )

    return await once.run(principal, command)
