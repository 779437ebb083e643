"""HTTP: what a warehouse has to pick and pack."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from common.life_cycle import State
from fulfillment.api.fields import After, Limit, Reader, Writer
from fulfillment.domain.codes import parcel_code, scanned_task_code
from fulfillment.store import listings

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class TaskSummary(BaseModel):
    task_id: UUID
    code: str
    parcel_code: str
    order_id: UUID
    warehouse: str
    state: State
    created_at: AwareDatetime


class TaskLine(BaseModel):
    sku: str
    title: str
    quantity: int


class Receiver(BaseModel):
    name: str
    phone: str | None


class TaskView(TaskSummary):
    """A task with all its label needs."""

    version: int
    lines: list[TaskLine]
    receiver: Receiver
    address: dict[str, str | None]
    courier: str | None
    tracking_no: str | None


class TaskPage(BaseModel):
    items: list[TaskSummary]
    next: UUID | None = None
    """Give this as `after` for what follows."""


@router.get("")
async def list_tasks(
    _: Reader,
    connection: Reading,
    warehouse: Annotated[str | None, Query(max_length=16)] = None,
    state: Annotated[State | None, Query()] = None,
    after: After = None,
    limit: Limit = 100,
) -> TaskPage:
    """List tasks, those of the oldest orders first."""
    rows = await listings.tasks_page(
        connection, wanted=(warehouse, state), after=after, limit=limit
    )
    items = [TaskSummary(**r, parcel_code=parcel_code(r["code"])) for r in rows]
    return TaskPage(items=items, next=items[-1].order_id if len(items) == limit else None)


@router.get("/{code}", responses={404: {"model": ProblemView}})
async def read_task(_: Writer, connection: Reading, code: str) -> TaskView:
    """Return what to pick and what the label says; `code` is a task's or a parcel's.

    It holds personal data, hence the scope of those who do the work.
    """
    task_code = scanned_task_code(code)
    row = await listings.one_task(connection, task_code) if task_code else None
    if row is None:
        raise NotFound("No task or parcel has this code.")
    particulars: dict[str, Any] = row["particulars"]
    return TaskView(**{**row, **particulars}, parcel_code=parcel_code(row["code"]))
