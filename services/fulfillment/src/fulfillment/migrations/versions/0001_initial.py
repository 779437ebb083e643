"""The first schema: orders and their history, stock, tasks, shipments."""

from alembic import op

from common.database.carried import create_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table fulfillment.orders (
    order_id uuid not null primary key, state text not null, version integer not null,
    decision_no integer, currency text, payable_minor bigint, paid_minor bigint not null,
    placed_at timestamptz, particulars json, warehouse text,
    cancellation text, cancellation_at timestamptz, cancellation_reason text
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
create index ix_orders_state on fulfillment.orders (state, order_id);
create table fulfillment.order_step (
    order_id uuid not null, version integer not null, source text not null, trigger text not null,
    target text not null, at timestamptz not null, by text not null, reason text,
    primary key (order_id, version)
);
create table fulfillment.payment (
    order_id uuid not null, reference text not null, currency text not null,
    amount_minor bigint not null, paid_at timestamptz not null, primary key (order_id, reference)
);
create table fulfillment.warehouse (
    code text not null primary key, name text not null, country text not null,
    region text not null, latitude double precision not null, longitude double precision not null,
    priority integer not null, active boolean not null
);
create table fulfillment.stock (
    sku text not null, warehouse text not null references fulfillment.warehouse (code),
    on_hand bigint not null, reserved bigint not null, primary key (sku, warehouse),
    constraint stock_never_oversold check (reserved between 0 and on_hand)
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create table fulfillment.stock_entry (
    entry_id uuid not null primary key, warehouse text not null, sku text not null,
    kind text not null, change bigint not null, reason text not null, by text not null,
    at timestamptz not null
);
create table fulfillment.backorder_line (
    order_id uuid not null, sku text not null, quantity bigint not null,
    placed_at timestamptz not null, primary key (order_id, sku)
);
create index ix_backorder_line_sku on fulfillment.backorder_line (sku, placed_at);
create table fulfillment.restocked (sku text not null primary key);
create table fulfillment.task (
    order_id uuid not null primary key, task_id uuid not null, code text not null,
    warehouse text not null, state text not null, created_at timestamptz not null,
    constraint uq_task_code unique (code)
);
create index ix_task_open on fulfillment.task (warehouse, state, order_id);
create table fulfillment.shipment (
    order_id uuid not null primary key, courier text not null, tracking_no text not null,
    status text not null default 'handed_over', handed_over_at timestamptz not null,
    status_at timestamptz not null,
    constraint uq_shipment_tracking_no unique (tracking_no, courier)
);
"""


def upgrade() -> None:
    create_v1("fulfillment")
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
