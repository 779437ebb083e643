"""Receipts, orders, quarantine and what comes later for an order."""

from alembic import op

from common.database import carried

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """create table ingest.receipt (
        receipt_id uuid primary key, channel text not null, shop text not null, topic text not null,
        delivery_id text, body bytea not null, orders json not null,
        received_at timestamptz not null, unique (channel, shop, delivery_id)
    )""",
    """create table ingest.sales_order (
        order_id uuid primary key, channel text not null, shop text not null,
        channel_order_no text, state text not null, document json not null,
        receipt_id uuid not null, received_at timestamptz not null,
        unique (channel, shop, channel_order_no)
    )""",
    """create table ingest.quarantine (
        order_id uuid primary key, reasons json not null, opened_at timestamptz not null,
        resolved_at timestamptz, resolution text, resolved_by text, resolution_reason text
    )""",
    """create index ix_ingest_quarantine_open on ingest.quarantine (order_id)
        where resolved_at is null""",
    """create table ingest.correction (
        correction_id uuid primary key, order_id uuid not null, corrected_by text not null,
        corrected_at timestamptz not null, before json not null, after json not null
    )""",
    "create index ix_ingest_correction_order_id on ingest.correction (order_id)",
    """create table ingest.later_payment (
        payment_id uuid primary key, order_id uuid not null, reference text not null,
        method text not null, amount_minor bigint not null, paid_at timestamptz not null,
        received_at timestamptz not null, unique (order_id, reference)
    )""",
    """create table ingest.cancellation (
        order_id uuid primary key, reason text not null, requested_at timestamptz not null
    )""",
)


def upgrade() -> None:
    carried.create_v1("ingest")
    for table in _TABLES:
        op.execute(table)
