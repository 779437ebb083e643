"""HTTP: scans by those who pick, pack and hand over."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from common.contracts.event import Cause
from common.database.work import Work
from common.http.idempotency import Once
from common.http.problems import ProblemView
from common.life_cycle import State
from fulfillment.api.fields import PRINTABLE, Body, Courier, Moment, TrackingNo, Writer
from fulfillment.domain.scanning import ScanStep
from fulfillment.use_cases.scanning import Handover, Scan, record

router = APIRouter(prefix="/v1/scans", tags=["scans"])


class ScanBody(Body):
    code: Annotated[str, Field(min_length=1, max_length=40)]
    step: ScanStep
    courier: Courier | None = None
    tracking_no: TrackingNo | None = None
    scanned_at: Moment
    device_id: Annotated[str, Field(min_length=1, max_length=64, pattern=PRINTABLE)]

    @model_validator(mode="after")
    def _courier_goes_with_the_handover(self) -> Self:
        leaves = self.step is ScanStep.HANDED_OVER
        if (self.courier is not None, self.tracking_no is not None) != (leaves, leaves):
            raise ValueError("courier and tracking_no belong to handed_over, and only to it")
        return self

    def handover(self) -> Handover | None:
        if self.courier is None or self.tracking_no is None:
            return None
        return Handover(self.courier, self.tracking_no)


class ScanView(BaseModel):
    order_id: UUID
    task_code: str
    state: State
    """The state this scan led to."""
    version: int
    repeated: bool


@router.post(
    "",
    response_model=ScanView,
    responses={404: {"model": ProblemView}, 409: {"model": ProblemView}},
)
async def scan(principal: Writer, once: Once, body: ScanBody) -> Response:
    """Take the step that was scanned; the same scan again has the same answer."""
    what = Scan(
        code=body.code,
        step=body.step,
        handover=body.handover(),
        scanned_at=body.scanned_at,
        device_id=body.device_id,
        by=principal.name,
    )

    async def command(work: Work, cause: Cause) -> BaseModel:
        done = await record(work, what, cause)
        return ScanView(
            order_id=done.order_id,
            task_code=done.task_code,
            state=done.state,
            version=done.version,
            repeated=done.repeated,
        )

    return await once.run(principal, command)
