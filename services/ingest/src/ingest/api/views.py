"""What intake's API shows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ingest.store.quarantine import Quarantined
from ingest.store.sales_orders import StoredOrder


class ReasonView(BaseModel):
    """One thing wrong with one field; the value is masked."""

    code: str
    field: str
    message: str
    value: str | None


class OrderStatusView(BaseModel):
    order_id: UUID
    channel_order_no: str | None
    status: str
    """accepted | duplicate | updated | quarantined."""
    reasons: list[ReasonView] = []


class ReceiptView(BaseModel):
    receipt_id: UUID
    orders: list[OrderStatusView]


class OrderView(BaseModel):
    """An order as intake has it; where it is after that, fulfillment knows."""

    order_id: UUID
    state: str
    receipt_id: UUID
    received_at: datetime
    order: Any
    """The canonical document."""


class OrdersView(BaseModel):
    orders: list[OrderView]


class QuarantinedView(BaseModel):
    order_id: UUID
    state: str
    """open | released | discarded | merged."""
    opened_at: datetime
    due_at: datetime
    """Until when somebody should have seen to it."""
    owner: str | None
    """Who looks after it, where somebody does."""
    merged_into: UUID | None
    reasons: list[ReasonView]
    order: Any
    """The canonical document as far as it could be read."""


class QuarantineView(BaseModel):
    orders: list[QuarantinedView]


class ReportView(BaseModel):
    order_id: UUID
    status: str
    """updated | duplicate."""


def order_view(stored: StoredOrder) -> OrderView:
    return OrderView(
        order_id=stored.order_id,
        state=stored.state,
        receipt_id=stored.receipt_id,
        received_at=stored.received_at,
        order=stored.draft,
    )


def quarantined_view(found: Quarantined, time: timedelta) -> QuarantinedView:
    """Show a quarantined order; `time` is how long a person has for one."""
    return QuarantinedView(
        order_id=found.order_id,
        state=found.resolution or "open",
        opened_at=found.opened_at,
        due_at=found.opened_at + time,
        owner=found.owner,
        merged_into=found.merged_into,
        reasons=[
            ReasonView(code=r.code, field=r.field, message=r.message, value=r.value)
            for r in found.reasons
        ],
        order=found.draft,
    )
