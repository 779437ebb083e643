"""Mappings as data, versions of an order, what came later once each, and orders to fetch."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """create table ingest.mapping (
        mapping_id uuid primary key, channel text not null, shop text not null,
        document json not null, published_by text not null, published_at timestamptz not null,
        reason text not null
    )""",
    "create index ix_ingest_mapping_place on ingest.mapping (channel, shop, mapping_id)",
    """create table ingest.mapping_change (
        change_id uuid primary key, channel text not null, shop text not null, mapping_id uuid,
        changed_by text not null, changed_at timestamptz not null, reason text not null
    )""",
    """create index ix_ingest_mapping_change_place
        on ingest.mapping_change (channel, shop, change_id)""",
    "alter table ingest.receipt add column mapping_id uuid",
    """alter table ingest.sales_order
        add column changed_at timestamptz, add column held text, add column seen text""",
    """create table ingest.later_fact (
        order_id uuid not null, kind text not null, key text not null,
        noted_at timestamptz not null, primary key (order_id, kind, key)
    )""",
    """create table ingest.fetch (
        channel text not null, shop text not null, channel_order_no text not null,
        asked_at timestamptz not null, due_at timestamptz not null, tries integer not null,
        last_error text, primary key (channel, shop, channel_order_no)
    )""",
    "create index ix_ingest_fetch_due on ingest.fetch (due_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
