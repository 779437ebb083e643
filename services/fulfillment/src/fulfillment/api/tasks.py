"""HTTP: what a warehouse has to pick and pack."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from common.http.problems import NotFound, ProblemView
from common.http.reading import Reading
from common.life_cycle import State
from fulfillment.api.fields import Limit, Reader, Writer
from fulfillment.domain.codes import parcel_code, scanned_task_code
from fulfillment.domain.order import is_blocked
from fulfillment.store import listings
from fulfillment.store.listings import Record, TaskPlace

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])

_ID = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
After = Annotated[
    str | None,
    Query(pattern=f"^{_ID}(/{_ID})?$", description="`next` of the last page, or an order's id."),
]


class TaskSummary(BaseModel):
    task_id: UUID
    code: str
    parcel_code: str
    order_id: UUID
    warehouse: str
    state: State
    """`cancelled`: the task was ended; its order may have been held and have another by now."""
    blocked: bool
    """The goods are reserved, but must not be touched yet."""
    blocked_reason: Literal["awaiting_recheck"] | None
    created_at: AwareDatetime


class TaskLine(BaseModel):
    sku: str
    title: str
    quantity: int


class Receiver(BaseModel):
    name: str
    phone: str | None


class Sale(BaseModel):
    """Where it was sold, and its number there."""

    channel: str
    shop: str
    channel_order_no: str


class TaskView(TaskSummary):
    """A task with all its label needs."""

    version: int
    lines: list[TaskLine]
    receiver: Receiver
    receiver_token: str | None
    """The channel's key to a receiver that it shows masked, such as Taobao's oaid: carriers are
    told it, with the sale, instead of name, phone and street."""
    address: dict[str, str | None]
    sale: Sale | None = None
    """None of orders from before this was noted."""
    address_changed: bool
    """The channel changed it: a label printed before may say another."""
    courier: str | None
    tracking_no: str | None


class TaskPage(BaseModel):
    items: list[TaskSummary]
    next: str | None = None
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
        connection, wanted=(warehouse, state), after=_place(after), limit=limit
    )
    items = [TaskSummary.model_validate({**r, **_derived(r)}) for r in rows]
    more = len(items) == limit
    return TaskPage(items=items, next=f"{items[-1].order_id}/{items[-1].task_id}" if more else None)


def _place(after: str | None) -> TaskPlace | None:
    if after is None:
        return None
    order_id, _, task_id = after.partition("/")
    return TaskPlace(UUID(order_id), UUID(task_id) if task_id else None)


def _derived(row: Record) -> dict[str, Any]:
    blocked = is_blocked(State(row["state"]), awaiting_recheck=row["awaiting_recheck"])
    return {
        "parcel_code": parcel_code(row["code"]),
        "blocked": blocked,
        "blocked_reason": "awaiting_recheck" if blocked else None,
    }


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
    instead: dict[str, Any] = row["destination"] or {}
    label = {**particulars, **instead, "address_changed": bool(instead)}
    label["receiver_token"] = label["receiver"].get("token")  # older ones have none
    return TaskView.model_validate({**row, **label, **_derived(row)})
