"""Asking channels: how far each shop was read, and what each hour lacks."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table ingest.fetch add column missed_in timestamptz",
    """create table ingest.pull (
        channel text not null, shop text not null, task text not null,
        position timestamptz, until timestamptz, page text,
        lease uuid, leased_until timestamptz, due_at timestamptz not null,
        failures integer not null default 0, last_error text,
        primary key (channel, shop, task)
    )""",
    """create table ingest.completeness (
        channel text not null, shop text not null, begins_at timestamptz not null,
        ends_at timestamptz not null, sold integer not null, received integer not null,
        quarantined integer not null, missing integer not null, late integer not null default 0,
        checked_at timestamptz not null, primary key (channel, shop, begins_at)
    )""",
    "create index ix_ingest_completeness_begins on ingest.completeness (begins_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
